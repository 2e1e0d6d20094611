// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// From 32-bit sums to the 8-bit output, a register of channels at a time:
///
///     y = clamp(R(sum) + z_y, minimum, maximum)
///
/// R is `FixedPointMultiplier.apply`, bit for bit. With h the product rounded to 31 bits, n = [h <
/// 0] and e > 0, its second rounding
///
///     ⌊(h − n + 2^(e−1)) / 2^e⌋ = ⌊(⌊(h − n) / 2^(e−1)⌋ + 1) / 2⌋
///
/// cannot overflow 32 bits in the form on the right: |h| < 2³¹ − 1. For e = 0 both n and the 1 are
/// left out and nothing is halved, which is what `unit` = 0 does.
struct OutputRange {
  private let low: IntegerVector
  private let high: IntegerVector
  private let zeroPoint: IntegerVector

  init(_ quantization: IntegerConvolution.Quantization) {
    zeroPoint = IntegerVector(repeating: quantization.outputZeroPoint)
    low = IntegerVector(repeating: Int32(quantization.minimum) - quantization.outputZeroPoint)
    high = IntegerVector(repeating: Int32(quantization.maximum) - quantization.outputZeroPoint)
  }

  /// Registers that describe the multipliers of a register of channels: `multiplier`, `left`,
  /// `right`, `unit`.
  @inline(__always) static var vectorsPerScale: Int { 4 }

  /// Writes the factors of one channel where `scales` describes its register.
  static func prepare(
    _ multiplier: FixedPointMultiplier, lane: Int, of scales: UnsafeMutablePointer<IntegerVector>
  ) {
    let right = max(-multiplier.shift, 0)
    scales[0][lane] = multiplier.multiplier
    scales[1][lane] = max(multiplier.shift, 0)
    scales[2][lane] = max(right - 1, 0)
    scales[3][lane] = min(right, 1)
  }

  @inline(__always) func store(
    _ sums: IntegerVector, _ scales: UnsafePointer<IntegerVector>, first count: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    let unit = scales[3]
    let product = ocelli_rounded_high_product(ocelli_shift_left(sums, scales[1]), scales[0])
    let lowered = ocelli_shift_right(product &- ocelli_sign_bit(product, unit), scales[2])
    let rounded = ocelli_shift_right(lowered &+ unit, unit)
    ocelli_store_low_bytes(ocelli_clamp(rounded, low, high) &+ zeroPoint, count, target)
  }
}
