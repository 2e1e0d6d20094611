// SPDX-License-Identifier: Apache-2.0

/// Colours for numbers from 0 to 1.
public enum ColorMap: Sendable, CaseIterable {
  /// Blue, cyan, yellow, red: known from papers, but uneven to the eye.
  case jet
  /// Dark violet to yellow, even to the eye and in grey.
  case viridis
  /// Jet's hues, smoother.
  case turbo
  /// Blue below one half, white at it, red above: for numbers with a sign.
  case diverging
  case grey

  /// The colour of a number, which is clamped; NaN is taken for 0.
  public func color(at value: Float) -> Color {
    let v = value > 0 ? min(value, 1) : 0
    switch self {
    case .jet:
      return Color(
        red: 1.5 - (4 * v - 3).magnitude, green: 1.5 - (4 * v - 2).magnitude,
        blue: 1.5 - (4 * v - 1).magnitude)
    case .viridis: return ViridisPolynomial.color(at: v)
    case .turbo: return TurboPolynomial.color(at: v)
    case .diverging: return DivergingScale.color(at: v)
    case .grey: return Color(red: v, green: v, blue: v)
    }
  }

  /// The colours of 0/255, 1/255, …, 255/255.
  package var table: [Color] { (0..<256).map { color(at: Float($0) / 255) } }
}
