// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Rounds floats as if they were stored as 8-bit integers and read back (Jacob et al.,
/// arXiv:1712.05877, section 3):
///
///     y = scale · (q − zeroPoint),   q = clamp(round(x / scale) + zeroPoint, −128, 127)
///
/// Halves are rounded away from zero; NaN becomes 0.
package enum FakeQuantize {
  /// The equation for one number.
  package static func reference(_ x: Float, _ quantization: AffineQuantization) -> Float {
    let q: Int8 = Quantize.reference(x, quantization)
    return quantization.scale * Float(Int32(q) - quantization.zeroPoint)
  }

  /// **Shapes**: equal, pixel strides may differ. `x` and `y` may be the same memory.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ quantization: AffineQuantization,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "rounding keeps the shape")
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
      pool: pool
    ) { pixel, count in round(x.pixel(pixel), into: y.pixel(pixel), count: count, quantization) }
  }

  /// Rounds numbers that follow one another, in place.
  package static func round(
    _ values: UnsafeMutableBufferPointer<Float>, _ quantization: AffineQuantization
  ) {
    guard let base = values.baseAddress else { return }
    round(base, into: base, count: values.count, quantization)
  }

  @inline(__always) private static func round(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int,
    _ quantization: AffineQuantization
  ) {
    let (low, high) = limits(quantization)
    VectorLoop.map(x, into: y, count: count) { x in
      let steps = Quantize.rounded(x / quantization.scale).maximum(low).minimum(high)
      return ocelli_to_floats(steps) * quantization.scale
    }
  }

  /// The straight-through estimate ∂L/∂x = ∂L/∂y where the integer is not clamped, else 0.
  package static func gradient(
    input: TensorView<Float>, of outputGradient: TensorView<Float>,
    into inputGradient: TensorView<Float>, _ quantization: AffineQuantization, accumulate: Bool,
    pool: ThreadPool
  ) {
    let (low, high) = limits(quantization)
    let views = [input, outputGradient, inputGradient]
    VectorLoop.forEachRun(
      pixels: input.pixelCount, channels: input.channels,
      isContiguous: views.allSatisfy { $0.isContiguous }, pool: pool
    ) { pixel, count in
      VectorLoop.map(
        input.pixel(pixel), outputGradient.pixel(pixel), into: inputGradient.pixel(pixel),
        count: count, accumulate: accumulate
      ) { x, dy in
        let steps = Quantize.rounded(x / quantization.scale)
        return dy.replacing(with: 0, where: steps .< low .| steps .> high)
      }
    }
  }

  /// The least and the greatest integer, less the zero point.
  private static func limits(_ quantization: AffineQuantization) -> (
    low: IntegerVector, high: IntegerVector
  ) {
    (
      IntegerVector(repeating: -128 - quantization.zeroPoint),
      IntegerVector(repeating: 127 - quantization.zeroPoint)
    )
  }
}
