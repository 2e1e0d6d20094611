// SPDX-License-Identifier: Apache-2.0

/// Softmax over the channels of each pixel, from int8 to int8.
///
///     y = ⌊256 · e^(β·s·(x − max)) / Σ e^(β·s·(x − max))⌉ − 128
///
/// so the output's scale is 1/256 and its zero point −128. **Exactness**: that of TensorFlow Lite's
/// reference `SOFTMAX`, in the fixed-point arithmetic of gemmlowp.
package struct IntegerSoftmax {
  private static let scaledDifferenceBits: Int32 = 5
  private static let accumulationBits: Int32 = 12

  private let factor: FixedPointMultiplier
  /// Differences below this one have no share.
  private let least: Int32

  /// - Parameter scale: of the input.
  package init(scale: Float, beta: Float = 1) {
    let fraction = 31 - Self.scaledDifferenceBits
    let real = min(Double(beta) * Double(scale) * Double(1 << fraction), 0x1p31 - 1)
    factor = FixedPointMultiplier(real)
    let radius =
      Double((1 << Self.scaledDifferenceBits) - 1) * Double(1 << fraction)
      / Double(Int64(1) << Int64(max(0, factor.shift)))
    least = -Int32(min(radius.rounded(.down), 0x1p30))
  }

  /// e^(β·s·difference)
  private func exponential(_ difference: Int32) -> FixedPoint {
    let shifted = difference << max(0, factor.shift)
    return FixedPoint.exponential(
      ofNegative: FixedPoint(
        raw: FixedPoint.doublingHighProduct(shifted, factor.multiplier),
        integerBits: Self.scaledDifferenceBits))
  }

  package func run(_ input: TensorView<Int8>, into output: TensorView<Int8>) {
    for pixel in 0..<input.pixelCount {
      let (x, y) = (input.pixel(pixel), output.pixel(pixel))
      var largest = Int32(x[0])
      for c in 1..<max(1, input.channels) { largest = max(largest, Int32(x[c])) }
      var sum = FixedPoint(raw: 0, integerBits: Self.accumulationBits)
      for c in 0..<input.channels {
        let difference = Int32(x[c]) - largest
        guard difference >= least else { continue }
        sum = sum + exponential(difference).rescaled(integerBits: Self.accumulationBits)
      }
      let headroom = Int32(UInt32(bitPattern: sum.raw).leadingZeroBitCount)
      let fraction = (UInt32(bitPattern: sum.raw) << UInt32(headroom)) &- (1 << 31)
      let scale = FixedPoint.reciprocalOfOnePlus(
        FixedPoint(raw: Int32(bitPattern: fraction), integerBits: 0))
      let shift = Self.accumulationBits - headroom + 31 - 8
      for c in 0..<input.channels {
        let difference = Int32(x[c]) - largest
        guard difference >= least else {
          y[c] = -128
          continue
        }
        let share = (scale * exponential(difference)).raw
        y[c] = Int8(clamping: FixedPoint.roundingShift(share, by: shift) - 128)
      }
    }
  }
}
