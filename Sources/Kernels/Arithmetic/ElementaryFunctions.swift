// SPDX-License-Identifier: Apache-2.0

/// Exponential and logarithm, without the C library: the same bits on every CPU, for one number or
/// for a `Vector`.
///
/// Only additions, multiplications and divisions that IEEE 754 rounds correctly are used, and none
/// are fused. The stated errors are in units in the last place (ulp) of the exact result, and
/// tested against double precision. The polynomials are minimax fits (Lawson's algorithm) with
/// coefficients rounded to single precision one after another.
package enum ElementaryFunctions {
  /// eˣ within 2 ulp; +∞ above 88.72, subnormal below −87.3 (then within one subnormal step more),
  /// 0 below −104.
  ///
  /// eˣ = 2ⁿ · eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2. 2ⁿ is applied in two factors, so
  /// that results at both ends of the range overflow and underflow as they should.
  @inline(__always) package static func exp(_ x: Vector) -> Vector {
    let clamped = x.minimum(Vector(repeating: 89)).maximum(Vector(repeating: -105))
    // Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits.
    let magic = Vector(repeating: 0x1.8p23)
    let shifted = clamped * 0x1.715476p0 + magic
    let n = shifted - magic
    // ln 2 in two parts; the first has so few bits that its products with n are exact.
    let r = clamped - n * 0x1.62e4p-1 - n * 0x1.7f7d1cp-20
    var p = r * 0x1.6a4960p-10 + 0x1.1239a0p-7
    p = p * r + 0x1.5558b4p-5
    p = p * r + 0x1.555492p-3
    p = p * r + 0x1.fffffcp-2
    p = p * (r * r) + r + 1
    let exponent = shifted.bits &- magic.bits
    let half = exponent &>> 1
    return p * powerOfTwo(half) * powerOfTwo(exponent &- half)
  }

  /// ln x within 2 ulp; −∞ at 0, NaN below.
  ///
  /// x = 2ⁿ · (1 + f) with √½ ≤ 1 + f < √2, and ln(1 + f) = f − f²/2 + f³ · P(f).
  @inline(__always) package static func log(_ x: Vector) -> Vector {
    let isSubnormal = x .< Vector(repeating: 0x1p-126)
    let scaled = x.replacing(with: x * 0x1p23, where: isSubnormal)
    // The exponent, counted from √½: subtracting its bits moves the fraction into [√½, √2).
    let offset = IntegerVector(repeating: 0x3F35_04F3)
    let exponent = (scaled.bits &- offset) &>> 23
    let f = Vector(bits: scaled.bits &- (exponent &<< 23)) - 1
    // A small integer in the low bits of 1.5 · 2²³ becomes a float by subtraction.
    let magic = Vector(repeating: 0x1.8p23)
    var n = Vector(bits: magic.bits &+ exponent) - magic
    n.replace(with: n - 23, where: isSubnormal)
    var p = f * 0x1.147930p-4 - 0x1.de1dc4p-4
    p = p * f + 0x1.e6cb6ap-4
    p = p * f - 0x1.fc25b8p-4
    p = p * f + 0x1.233ae0p-3
    p = p * f - 0x1.555c4ep-3
    p = p * f + 0x1.99a47cp-3
    p = p * f - 0x1.000006p-2
    p = p * f + 0x1.555548p-2
    let square = f * f
    // Grouped like this; as ((p · f) · f²) LLVM computes some lanes one by one.
    let low = n * 0x1.7f7d1cp-20 + (p * (f * square) - square * 0.5)
    var result = n * 0x1.62e4p-1 + (f + low)
    result.replace(with: x, where: x .== Vector(repeating: .infinity))
    result.replace(with: -.infinity, where: x .== Vector(repeating: 0))
    // A negated comparison, so that NaN stays NaN.
    result.replace(with: .nan, where: .!(x .>= Vector(repeating: 0)))
    return result
  }

  /// ln(1 + x) for x > −1, within 3 ulp, small x included.
  @inline(__always) package static func logOfOnePlus(_ x: Vector) -> Vector {
    let sum = x + 1
    // What the addition rounded away, to first order.
    return log(sum) + (x - (sum - 1)) / sum
  }

  /// See ``exp(_:)-Vector``.
  @inline(__always) package static func exp(_ x: Float) -> Float { exp(Vector(repeating: x))[0] }

  /// See ``log(_:)-Vector``.
  @inline(__always) package static func log(_ x: Float) -> Float { log(Vector(repeating: x))[0] }

  /// 2ⁿ for −126 ≤ n ≤ 127.
  @inline(__always) private static func powerOfTwo(_ n: IntegerVector) -> Vector {
    Vector(bits: (n &+ 127) &<< 23)
  }
}

extension ElementaryFunctions {
  /// 1 / (1 + e⁻ˣ) within 4 ulp, also far below 0 where it is nearly eˣ.
  @inline(__always) package static func sigmoid(_ x: Vector) -> Vector {
    let small = exp(-x.magnitudes)
    let numerator = Vector(repeating: 1).replacing(with: small, where: x .< Vector(repeating: 0))
    return numerator / (small + 1)
  }

  /// tanh x within 3 ulp: x + x³ · P(x²) below 0.625, else 1 − 2 / (e²ˣ + 1).
  @inline(__always) package static func tanh(_ x: Vector) -> Vector {
    let t = x.magnitudes
    let s = x * x
    var p = s * -0x1.756d14p-8 + 0x1.520a3ap-6
    p = p * s - 0x1.b83792p-5
    p = p * s + 0x1.1106fep-3
    p = p * s - 0x1.555532p-2
    let small = x + x * (s * p)
    let large = 1 - 2 / (exp(t + t) + 1)
    return small.replacing(with: large.withSigns(of: x), where: t .>= Vector(repeating: 0.625))
  }

  /// erf x = 2/√π · ∫₀ˣ e^(−t²) dt within 3 ulp: x + x · P(x²) below 0.92, else 1 − e^(t · Q(t)).
  @inline(__always) package static func erf(_ x: Vector) -> Vector {
    let magnitude = x.magnitudes
    let s = x * x
    var p = s * 0x1.4f3b9cp-14 - 0x1.a601e4p-11
    p = p * s + 0x1.5449a0p-8
    p = p * s - 0x1.b80116p-6
    p = p * s + 0x1.ce2d64p-4
    p = p * s - 0x1.812740p-2
    p = p * s + 0x1.06eba8p-3
    let small = x + x * p
    // erfc(4) is below half an ulp of 1, and the fit ends there.
    let t = magnitude.minimum(Vector(repeating: 4))
    var q = t * -0x1.78e02cp-17 + 0x1.527e46p-12
    q = q * t - 0x1.dd6e36p-9
    q = q * t + 0x1.8551d2p-6
    q = q * t - 0x1.b3259cp-4
    q = q * t - 0x1.45328ap-1
    q = q * t - 0x1.20ef1cp0
    let large = 1 - exp(q * t)
    return small.replacing(
      with: large.withSigns(of: x), where: magnitude .>= Vector(repeating: 0.92))
  }

  /// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), within 4 ulp for x ≥ 0 and 4 ulp of ln 2 in total
  /// below.
  @inline(__always) package static func softplus(_ x: Vector) -> Vector {
    x.maximum(Vector(repeating: 0)) + logOfOnePlus(exp(-x.magnitudes))
  }

  /// See ``sigmoid(_:)-Vector``.
  @inline(__always) package static func sigmoid(_ x: Float) -> Float {
    sigmoid(Vector(repeating: x))[0]
  }

  /// See ``tanh(_:)-Vector``.
  @inline(__always) package static func tanh(_ x: Float) -> Float { tanh(Vector(repeating: x))[0] }

  /// See ``erf(_:)-Vector``.
  @inline(__always) package static func erf(_ x: Float) -> Float { erf(Vector(repeating: x))[0] }

  /// See ``softplus(_:)-Vector``.
  @inline(__always) package static func softplus(_ x: Float) -> Float {
    softplus(Vector(repeating: x))[0]
  }
}
