// SPDX-License-Identifier: Apache-2.0

/// Softmax over the channels of a quantised tensor, into scale 1/256 and zero point −128:
///
///     e[c] = exp(−β · s_x · (max x − x[c])),   y[c] = clamp(R(256 · e[c] / Σ R(e)) − 128)
///
/// The rule of TensorFlow Lite's reference kernel SOFTMAX, bit for bit, all in integers:
/// exponentials have 31 fractional bits, their sum is of 19, and its reciprocal comes from Newton's
/// iteration. The zero point of the input does not matter.
///
/// **Numbers**: the sum is below 2³¹ for fewer than 4096 channels.
package enum IntegerSoftmax {
  /// Results for all differences max x − x[c], with 31 fractional bits: what ``apply`` needs.
  ///
  /// Differences of which β · s_x times is beyond what 26 fractional bits hold give 0.
  package static func table(inputScale: Float, beta: Float) -> [Int32] {
    let real = min(Double(beta) * Double(inputScale) * 0x1p26, 0x1p31 - 1)
    let multiplier = FixedPointMultiplier(real)
    let furthest = (31 << 26) >> multiplier.shift
    return (0..<256).map { difference in
      guard difference <= furthest else { return 0 }
      return FixedPointFraction.exponential(ofNegative: multiplier.apply(-Int32(difference)))
    }
  }

  /// **Shapes**: equal, pixel strides may differ; `y` may be `x`. **Preconditions**: fewer than
  /// 4096 channels.
  package static func apply(
    _ table: UnsafePointer<Int32>, _ x: TensorView<Int8>, into y: TensorView<Int8>,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "a softmax keeps the shape")
    precondition(y.channels < 4096, "a softmax has fewer than 4096 channels")
    guard y.channels > 0 else { return }
    let grain = max(1, 2048 / y.channels)
    pool.forEachRange(of: y.pixelCount, grain: grain) { pixels, _ in
      for pixel in pixels {
        normalise(table, x.pixel(pixel), into: y.pixel(pixel), count: y.channels)
      }
    }
  }

  private static func normalise(
    _ table: UnsafePointer<Int32>, _ x: UnsafePointer<Int8>, into y: UnsafeMutablePointer<Int8>,
    count: Int
  ) {
    var largest = Int(Int8.min)
    for c in 0..<count { largest = max(largest, Int(x[c])) }
    var sum: Int32 = 0
    for c in 0..<count {
      sum &+= FixedPointFraction.halved(table[largest - Int(x[c])], times: 12)
    }
    // The sum is (1 + f) · 2^integerBits, 0 ≤ f < 1, of 12 integer bits at most.
    let headroom = Int32(sum.leadingZeroBitCount)
    let fraction = Int32(truncatingIfNeeded: (Int64(sum) << Int64(headroom)) - (1 << 31))
    let reciprocal = FixedPointFraction.reciprocal(ofOnePlus: fraction)
    let shift = 12 - headroom + 31 - 8
    for c in 0..<count {
      let share = FixedPointFraction.product(reciprocal, table[largest - Int(x[c])])
      y[c] = Int8(clamping: FixedPointFraction.halved(share, times: shift) - 128)
    }
  }
}
