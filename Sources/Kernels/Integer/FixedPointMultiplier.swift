// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A positive real factor in fixed point: real = multiplier · 2^(shift − 31).
///
/// This is how Ocelli brings 32-bit sums to another scale. `apply` is the rule of TensorFlow Lite's
/// reference kernels, which round twice: to 31 bits after the product, then to the integer after
/// the shift to the right, halves away from zero. Its dense layers round once: `applyRoundingOnce`.
package struct FixedPointMultiplier: Equatable, Sendable {
  /// In 2³⁰ ..< 2³¹, or 0 for a factor that rounds to 0.
  package var multiplier: Int32
  /// To the left when positive, to the right when negative; in −31...30.
  package var shift: Int32

  package init(multiplier: Int32, shift: Int32) {
    self.multiplier = multiplier
    self.shift = shift
  }

  /// The nearest to `real`, which is not negative (TensorFlow Lite's `QuantizeMultiplier`). Factors
  /// below 2⁻³² become 0, as one that is no number; those from 2³⁰ on, the largest there is.
  package init(_ real: Double) {
    let real = min(real, 0x1p32)
    guard real > 0 else {
      self.init(multiplier: 0, shift: 0)
      return
    }
    var shift = Int32(real.exponent) + 1
    var fixed = Int64((real.significand / 2 * 0x1p31).rounded(.toNearestOrAwayFromZero))
    if fixed == 1 << 31 {
      fixed /= 2
      shift += 1
    }
    if shift < -31 {
      (fixed, shift) = (0, 0)
    } else if shift > 30 {
      (fixed, shift) = (Int64(Int32.max), 30)
    }
    self.init(multiplier: Int32(fixed), shift: shift)
  }

  /// `x` · real, rounded twice:
  ///
  ///     h = ⌊(x·2^max(shift, 0) · multiplier + 2³⁰) / 2³¹⌋
  ///     result = ⌊(h + 2^(e−1) − [h < 0]) / 2^e⌋,   e = max(−shift, 0)
  ///
  /// The first rounds halves up, which for a multiplier below 2³¹ is what the rounding doubling
  /// high product of TensorFlow Lite gives; the second, halves away from zero.
  /// - Precondition: `x`·2^max(shift, 0) is in the range of `Int32`.
  @inline(__always) package func apply(_ x: Int32) -> Int32 {
    let left = max(shift, 0)
    let right = max(-shift, 0)
    let product = (Int64(x) << Int64(left)) &* Int64(multiplier)
    let high = Int32(truncatingIfNeeded: (product &+ (1 << 30)) >> 31)
    guard right > 0 else { return high }
    let half = (Int32(1) << (right - 1)) &- (high < 0 ? 1 : 0)
    return Int32(truncatingIfNeeded: (Int64(high) + Int64(half)) >> Int64(right))
  }
  /// `x` · real, rounded once, halves up:
  ///
  ///     ⌊(x · multiplier + 2^(30 − shift)) / 2^(31 − shift)⌋
  @inline(__always) package func applyRoundingOnce(_ x: Int32) -> Int32 {
    let total = Int64(31 - shift)
    let sum = Int64(x) &* Int64(multiplier) &+ (Int64(1) << (total - 1))
    return Int32(truncatingIfNeeded: sum >> total)
  }
}

/// x / 2^count, halves away from zero:
///
///     ⌊(x + 2^(count−1) − [x < 0]) / 2^count⌋
///
/// and x itself for a count of 0. **Preconditions**: |x| < 2³⁰, count in 0...31.
struct RoundingShift {
  private let half: IntegerVector
  /// All ones, unless the count is 0.
  private let mask: IntegerVector
  private let count: IntegerVector

  init(right count: Int32) {
    half = IntegerVector(repeating: count > 0 ? 1 << (count - 1) : 0)
    mask = IntegerVector(repeating: count > 0 ? -1 : 0)
    self.count = IntegerVector(repeating: count)
  }

  @inline(__always) func apply(_ x: IntegerVector) -> IntegerVector {
    // The sign bit everywhere is −1 for negative lanes.
    (x &+ half &+ ((x &>> 31) & mask)) &>> count
  }
}

/// A ``FixedPointMultiplier`` for whole vectors: the same bits as ``FixedPointMultiplier/apply``.
///
/// **Preconditions**: those of `apply`; the result before the shift to the right is below 2³⁰.
struct FixedPointScaling {
  private let factor: IntegerVector
  private let left: IntegerVector
  private let right: RoundingShift

  init(_ multiplier: FixedPointMultiplier) {
    factor = IntegerVector(repeating: multiplier.multiplier)
    left = IntegerVector(repeating: max(multiplier.shift, 0))
    right = RoundingShift(right: max(-multiplier.shift, 0))
  }

  @inline(__always) func apply(_ x: IntegerVector) -> IntegerVector {
    right.apply(ocelli_rounded_high_product(x &<< left, factor))
  }
}
