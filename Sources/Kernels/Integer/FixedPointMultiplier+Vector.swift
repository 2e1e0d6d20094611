// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

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
