// SPDX-License-Identifier: Apache-2.0

/// Mean over any of height, width and channels of a quantised tensor:
///
///     y = clamp(R(M · Σ (x − z_x)) + z_y),   M = s_x / s_y / n
///
/// n is the count of summands. M's fixed-point multiplier is that of s_x / s_y, times 2^k and
/// divided by n with the rest dropped, k = ⌊log₂ n⌋: the rule of TensorFlow Lite's reference kernel
/// MEAN.
///
/// **Numbers**: |x − z| ≤ 255 and n < 2²¹, so that the sum is below 2²⁹.
package struct IntegerMean: Equatable, Sendable {
  private let axes: MeanAxes
  private let input: AffineQuantization
  private let output: AffineQuantization

  package init(over axes: MeanAxes, input: AffineQuantization, output: AffineQuantization) {
    self.axes = axes
    self.input = input
    self.output = output
  }

  /// The equation for the bytes that make one output.
  package func reference(_ x: [Int8]) -> Int8 {
    let sum = x.reduce(Int32(0)) { $0 + (Int32($1) - input.zeroPoint) }
    return Int8(clamping: multiplier(count: x.count).apply(sum) + output.zeroPoint)
  }

  /// **Shapes**: x: N×H×W×C; y has 1 for each extent of `axes`.
  package func apply(_ x: TensorView<Int8>, into y: TensorView<Int8>, pool: ThreadPool) {
    let count = axes.count(x)
    precondition(count < 1 << 21, "a mean has fewer than 2²¹ summands")
    let multiplier = self.multiplier(count: count)
    let scaling = FixedPointScaling(multiplier)
    let offset = Int32(count) * input.zeroPoint
    let low = IntegerVector(repeating: Int32(Int8.min))
    let high = IntegerVector(repeating: Int32(Int8.max))
    axes.forEachOutput(x, y, pool: pool) { first, target in
      if axes.channels {
        var sum: Int32 = 0
        axes.forEachPixel(of: x, from: first) { pixel in
          for c in 0..<x.channels { sum &+= Int32(pixel[c]) }
        }
        target[0] = Int8(clamping: multiplier.apply(sum &- offset) + output.zeroPoint)
      } else {
        WindowLoop.forEachChannelVector(of: x.channels) { c, lanes in
          var sum = IntegerVector(repeating: 0 &- offset)
          axes.forEachPixel(of: x, from: first + c) {
            sum = sum &+ IntegerVector(signedBytesAt: $0)
          }
          (scaling.apply(sum) &+ output.zeroPoint).maximum(low).minimum(high).storeBytes(
            first: lanes, to: target + c)
        }
      }
    }
  }

  /// That of s_x / s_y / `count`.
  private func multiplier(count: Int) -> FixedPointMultiplier {
    var factor = FixedPointMultiplier(Double(input.scale) / Double(output.scale))
    let wanted = Int32(Int.bitWidth - 1 - count.leadingZeroBitCount)
    let shift = min(wanted, 31 + factor.shift)
    factor.multiplier = Int32((Int64(factor.multiplier) << Int64(shift)) / Int64(count))
    factor.shift -= shift
    return factor
  }
}
