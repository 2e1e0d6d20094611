// SPDX-License-Identifier: Apache-2.0

/// What tables of quantised functions are made from. Their bytes must be those that the C library's
/// single-precision functions give, which round to within little more than half an ulp: so these
/// compute in double precision, and the result is rounded once.
extension ElementaryFunctions {
  /// eˣ with a relative error below 10⁻¹⁵; 0 below −700, e⁷⁰⁰ above 700.
  ///
  /// eˣ = 2ⁿ · eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2, and eʳ by its Taylor series.
  package static func exp(_ x: Double) -> Double {
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

  /// 1 / (1 + e⁻ˣ) as single-precision arithmetic gives it with an exact exponential.
  package static func roundedSigmoid(_ x: Float) -> Float {
    1 / (1 + Float(exp(-Double(x))))
  }

  /// tanh x = 1 − 2 / (e²ˣ + 1), by its series near 0, rounded once.
  package static func roundedTanh(_ x: Float) -> Float {
    let x = Double(x)
    if abs(x) < 0x1p-6 {
      // The next term is below 2⁻⁴⁸ of the result.
      let s = x * x
      return Float(x * (1 + s * (-1.0 / 3 + s * (2.0 / 15 - s * (17.0 / 315)))))
    }
    return Float(1 - 2 / (exp(2 * x) + 1))
  }
}
