// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The output's zero point and clamp, and how multipliers are laid out for a register of channels.
struct Requantization {
  // Single integers: copies of vectors, written in pieces, are slow to read as a whole.
  private let low: Int32
  private let high: Int32
  fileprivate let zeroPoint: Int32
  let roundsOnce: Bool

  init(_ quantization: IntegerConvolution.Quantization) {
    zeroPoint = quantization.outputZeroPoint
    low = Int32(quantization.minimum) - quantization.outputZeroPoint
    high = Int32(quantization.maximum) - quantization.outputZeroPoint
    roundsOnce = quantization.roundsOnce
  }

  /// Registers that describe the multipliers of a register of channels: `multiplier`, `left`,
  /// −`right` and its mask of `ExactOutput`, `factor` and `nudge` of `NearestOutput`.
  @inline(__always) static var vectorsPerScale: Int { 6 }

  /// Writes the factors of one channel where `scales` describes its register of so many lanes.
  static func pack(
    _ multiplier: FixedPointMultiplier, roundsOnce: Bool, lane: Int,
    of scales: UnsafeMutablePointer<Int32>, lanes: Int
  ) {
    let right = max(-multiplier.shift, 0)
    scales[lane] = multiplier.multiplier
    scales[lanes + lane] = max(multiplier.shift, 0)
    scales[2 * lanes + lane] = -right
    scales[3 * lanes + lane] = right > 0 ? -1 : 0
    let power = Float(sign: .plus, exponent: Int(multiplier.shift), significand: 1)
    var factor = Float(multiplier.multiplier) * 0x1p-31 * power
    var nudge = right > 0 && !roundsOnce ? power / 2 : 0
    if factor >= 1 { (factor, nudge) = (0, 0.5) }
    scales[4 * lanes + lane] = Int32(bitPattern: factor.bitPattern)
    scales[5 * lanes + lane] = Int32(bitPattern: nudge.bitPattern)
  }

  /// The same for loops in C: the first `channels` of pixels that are `pixelStride` apart, in rows
  /// `rowStride` apart.
  func stage(
    _ scales: UnsafePointer<IntegerVector>, channels: Int, pixelStride: Int, rowStride: Int = 0
  ) -> ocelli_output {
    ocelli_output(
      scales: UnsafePointer(OpaquePointer(scales)), zeroPoint: zeroPoint, minimum: low + zeroPoint,
      maximum: high + zeroPoint, roundsOnce: roundsOnce, channels: channels,
      pixelBytes: pixelStride, rowBytes: rowStride)
  }

  /// Whether outputs are clamped to what a byte holds, and no further.
  @inline(__always) var isWhole: Bool { low + zeroPoint == -128 && high + zeroPoint == 127 }

  @inline(__always) func write(
    _ scaled: IntegerVector, first count: Int, to target: UnsafeMutablePointer<Int8>
  ) {
    let clamped = ocelli_clamp(
      scaled, IntegerVector(repeating: low), IntegerVector(repeating: high))
    ocelli_store_low_bytes(clamped &+ IntegerVector(repeating: zeroPoint), count, target)
  }
}

/// How integers around 0 become outputs: the clamp is most often that of a byte, which the
/// instruction that narrows them does by itself.
protocol OutputClamp {
  static func write(
    _ scaled: IntegerVector, _ requantization: Requantization, first count: Int,
    to target: UnsafeMutablePointer<Int8>)
}

/// Any clamp.
enum AnyClamp: OutputClamp {
  @inline(__always) static func write(
    _ scaled: IntegerVector, _ requantization: Requantization, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) { requantization.write(scaled, first: count, to: target) }
}

/// The clamp to what a byte holds, for integers in −2³¹ + 128 ..< 2³¹ − 127.
enum ByteClamp: OutputClamp {
  @inline(__always) static func write(
    _ scaled: IntegerVector, _ requantization: Requantization, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    ocelli_store_saturated_bytes(
      scaled &+ IntegerVector(repeating: requantization.zeroPoint), count, target)
  }
}

/// A way from 32-bit sums to the 8-bit output:
///
///     y = clamp(R(sum) + z_y, minimum, maximum)
///
/// R is `FixedPointMultiplier.apply`, or `applyRoundingOnce`.
protocol OutputRule {
  /// Writes the first `count` outputs of a register of channels.
  mutating func store(
    _ sums: IntegerVector, _ scales: UnsafePointer<IntegerVector>, first count: Int,
    to target: UnsafeMutablePointer<Int8>)
}

/// R in integers, bit for bit. With h the product rounded to 31 bits, n = [h < 0] and e > 0, its
/// second rounding
///
///     ⌊(h − n + 2^(e−1)) / 2^e⌋ = ⌊(⌊(h − n) / 2^(e−1)⌋ + 1) / 2⌋
///
/// cannot overflow 32 bits in the form on the right: |h| < 2³¹ − 1. For e = 0 both n and the 1 are
/// left out and nothing is halved, which is what `unit` = 0 does. One rounding is as simple as its
/// equation. Where `Machine.reduces`, `ocelli_outputs` is this rule, and there is no other.
struct ExactOutput: OutputRule {
  let requantization: Requantization

  @inline(__always) func store(
    _ sums: IntegerVector, _ scales: UnsafePointer<IntegerVector>, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    let unit = 0 &- scales[3]
    if requantization.roundsOnce {
      let total = IntegerVector(repeating: 31) &- scales[1] &- scales[2]
      requantization.write(
        ocelli_product_rounded_once(sums, scales[0], total), first: count, to: target)
      return
    }
    let product = ocelli_rounded_high_product(ocelli_shift_left(sums, scales[1]), scales[0])
    let rest = 0 &- scales[2] &- unit
    let lowered = ocelli_shift_right(product &- ocelli_sign_bit(product, unit), rest)
    requantization.write(ocelli_shift_right(lowered &+ unit, unit), first: count, to: target)
  }
}

/// R in floats, and whether that is certain. The two roundings of R are one in real arithmetic:
///
///     R(a) = ⌊t + ½⌋,   t = a · f ± 2^−(e+1) for e > 0,   t = a · f for e = 0
///
/// where f = multiplier · 2^(−31−e) and ± is the sign of a. For a ≥ 0 that is because ⌊(⌊u + ½⌋ +
/// 2^(e−1)) / 2^e⌋ = ⌊(u + ½ + 2^(e−1)) / 2^e⌋ with u = a · f · 2^e; for h < 0, the 1 that R
/// subtracts makes +½ into −½; and for a < 0 with h = 0, both sides are 0. Where R rounds once, t
/// is a · f.
///
/// In floats, a and f are each off by 2⁻²⁴ of their size, and so is the rounded sum: |t| ≤ 257 is
/// off by less than 3.01 · 257 · 2⁻²⁴ < 2⁻¹⁴, another 2⁻²⁴ · 257 where the CPU rounds product and
/// sum one by one. So the nearest integer is right if it is nearer than ½ − 2⁻¹³. Larger outputs
/// than 256 are cut off by the clamp, whatever the zero point, and so are their neighbours.
///
/// Below 1, f is at most 1 − 2⁻²⁴, so that t is in −2³¹ + 128 ... 2³¹ − 128. Larger factors are
/// replaced by 0 with a nudge of ½: always uncertain.
struct NearestOutput<Clamp: OutputClamp>: OutputRule {
  private let requantization: Requantization
  private var distance = Vector(repeating: 0)

  @inline(__always) init(_ requantization: Requantization) { self.requantization = requantization }

  /// Whether a sum was too near to a tie.
  @inline(__always) var isUncertain: Bool { ocelli_any_reaches(distance, 0.5 - 0x1p-13) }

  @inline(__always) mutating func store(
    _ sums: IntegerVector, _ scales: UnsafePointer<IntegerVector>, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    let nudge = ocelli_with_signs(Vector(bits: scales[5]), sums)
    let scaled = nudge.adding(ocelli_to_floats(sums), times: Vector(bits: scales[4]))
    distance = ocelli_farther(distance, scaled)
    Clamp.write(ocelli_nearest(scaled), requantization, first: count, to: target)
  }
}
