// SPDX-License-Identifier: Apache-2.0

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
