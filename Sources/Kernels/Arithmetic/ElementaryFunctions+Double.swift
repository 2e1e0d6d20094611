// SPDX-License-Identifier: Apache-2.0

/// Functions in double precision: for reference implementations, and for the tables of quantised
/// functions. The bytes of those must be what the C library's single-precision functions give,
/// which are within little more than half an ulp, so their entries are rounded once, at the end.
extension ElementaryFunctions {
  /// eˣ with a relative error below 10⁻¹⁵; 0 below −700, e⁷⁰⁰ above 700.
  ///
  /// eˣ = 2ⁿ · eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2, and eʳ by its Taylor series.
  static func doubleExp(_ x: Double) -> Double {
    if x < -700 { return 0 }
    let clamped = min(x, 700)
    let n = (clamped * 0x1.71547652b82fep0).rounded()
    // ln 2 in two parts; the first has so few bits that its products with n are exact.
    let r = clamped - n * 0x1.62e42feep-1 - n * 0x1.a39ef35793c76p-33
    var term = 1.0
    var sum = 1.0
    for k in 1...14 {
      term *= r / Double(k)
      sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(n), significand: 1)
  }

  /// eˣ − 1 with a relative error below 10⁻¹⁴, by its Taylor series near 0.
  static func doubleExpMinusOne(_ x: Double) -> Double {
    if abs(x) > 0.5 { return doubleExp(x) - 1 }
    var term = 1.0
    var sum = 0.0
    for k in 1...16 {
      term *= x / Double(k)
      sum += term
    }
    return sum
  }

  /// 1 / (1 + e⁻ˣ) in single precision, with e⁻ˣ rounded once.
  static func roundedSigmoid(_ x: Float) -> Float { 1 / (1 + Float(doubleExp(-Double(x)))) }

  /// tanh x in single precision, with e^±2|x| − 1 rounded once: as FreeBSD's and the GNU C library
  /// have it.
  static func roundedTanh(_ x: Float) -> Float {
    let magnitude = abs(x)
    if magnitude >= 22 { return x < 0 ? -1 : 1 }
    let isLarge = magnitude >= 1
    let t = Float(doubleExpMinusOne(Double(isLarge ? 2 * magnitude : -2 * magnitude)))
    let result = isLarge ? 1 - 2 / (t + 2) : -t / (t + 2)
    return x < 0 ? -result : result
  }

  /// ln x for x > 0, by Newton's method from the single-precision logarithm.
  static func doubleLog(_ x: Double) -> Double {
    var y = Double(log(Float(x)))
    for _ in 0..<2 { y += x * doubleExp(-y) - 1 }
    return y
  }

  /// erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1 · 3 ⋯ (2n+1)); ±1 for |x| ≥ 4, which is within
  /// 2 · 10⁻⁸. All terms have the sign of x, so nothing cancels.
  static func doubleErf(_ x: Double) -> Double {
    if abs(x) >= 4 { return x < 0 ? -1 : 1 }
    let square = x * x
    var term = x
    var sum = term
    for n in 1...96 {
      term *= 2 * square / Double(2 * n + 1)
      sum += term
    }
    return 0x1.20dd750429b6dp0 * doubleExp(-square) * sum
  }

  /// x · Φ(x) in single precision, in the order of TensorFlow Lite's operations.
  static func roundedGELU(_ x: Float) -> Float {
    0.5 * x * (1 + Float(doubleErf(Double(x * 0.707_106_77))))
  }
}
