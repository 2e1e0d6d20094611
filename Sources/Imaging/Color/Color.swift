// SPDX-License-Identifier: Apache-2.0

/// One sRGB colour of 8 bits a channel.
public struct Color: Equatable, Sendable {
  /// Red, from 0 to 255.
  public var red: UInt8
  /// Green, from 0 to 255.
  public var green: UInt8
  /// Blue, from 0 to 255.
  public var blue: UInt8

  /// A colour by its levels.
  public init(red: UInt8, green: UInt8, blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// Channels from 0 to 1, clamped and rounded.
  public init(red: Float, green: Float, blue: Float) {
    self.init(red: byte(red), green: byte(green), blue: byte(blue))
  }

  /// The background of drawings.
  public static let white = Color(red: UInt8(255), green: 255, blue: 255)
  /// Of text.
  public static let ink = Color(red: UInt8(34), green: 34, blue: 34)
  /// Of captions.
  public static let faint = Color(red: UInt8(120), green: 120, blue: 120)
  /// Of what is right.
  public static let positive = Color(red: UInt8(26), green: 138, blue: 74)
  /// Of what is wrong.
  public static let negative = Color(red: UInt8(200), green: 48, blue: 44)

  /// The mixture of `1 - amount` of this colour and `amount` of `other`.
  public func mixed(with other: Color, amount: Float) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> Float {
      (Float(a) + (Float(b) - Float(a)) * amount) / 255
    }
    return Color(
      red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }
}

/// Colours for numbers from 0 to 1.
public enum ColorMap: Sendable, CaseIterable {
  /// Blue, cyan, yellow, red: common in papers, but not perceptually uniform.
  case jet
  /// Dark violet to yellow, perceptually uniform.
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

/// Matplotlib's viridis (CC0) as polynomials of degree 6, within 3 of 255 levels.
enum ViridisPolynomial {
  static func color(at v: Float) -> Color {
    Color(
      red: polynomial(
        v, (0.2777273, 0.1050930, -0.3308618, -4.6342305, 6.2282699, 4.7763850, -5.4354559)),
      green: polynomial(
        v, (0.0054073, 1.4046135, 0.2148476, -5.7991010, 14.1799334, -13.7451454, 4.6458526)),
      blue: polynomial(
        v, (0.3340998, 1.3845902, 0.0950952, -19.3324410, 56.6905526, -65.3530326, 26.3124352)))
  }
}

/// Turbo (A. Mikhailov, 2019, ai.googleblog.com, Apache-2.0) as the polynomials of degree 5
/// published with it.
enum TurboPolynomial {
  static func color(at v: Float) -> Color {
    Color(
      red: polynomial(
        v, (0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943, 0)),
      green: polynomial(
        v, (0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604, 0)),
      blue: polynomial(
        v, (0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973, 0)))
  }
}

/// The 11-class RdBu of ColorBrewer (C. Brewer, Apache-2.0) from blue to red, straight lines
/// between.
enum DivergingScale {
  private static let anchors: [UInt32] = [
    0x053061, 0x2166AC, 0x4393C3, 0x92C5DE, 0xD1E5F0, 0xF7F7F7, 0xFDDBC7, 0xF4A582, 0xD6604D,
    0xB2182B, 0x67001F,
  ]

  static func color(at v: Float) -> Color {
    let position = v * Float(anchors.count - 1)
    let index = min(Int(position), anchors.count - 2)
    return anchor(index).mixed(with: anchor(index + 1), amount: position - Float(index))
  }

  private static func anchor(_ index: Int) -> Color {
    let code = anchors[index]
    return Color(
      red: UInt8(code >> 16), green: UInt8(code >> 8 & 255), blue: UInt8(code & 255))
  }
}

/// Σ_k c_k · v^k, by Horner's rule.
private func polynomial(
  _ v: Float, _ c: (Float, Float, Float, Float, Float, Float, Float)
) -> Float {
  c.0 + v * (c.1 + v * (c.2 + v * (c.3 + v * (c.4 + v * (c.5 + v * c.6)))))
}
