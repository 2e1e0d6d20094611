// SPDX-License-Identifier: Apache-2.0

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
