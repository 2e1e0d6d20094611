// SPDX-License-Identifier: Apache-2.0

/// Softmax over the channels of a quantised tensor:
///
///     e[c] = exp(−β · s_x · (max x − x[c])),   y[c] = clamp(⌊e[c] / (Σ e · s_y) + ½⌋ + z_y)
///
/// The rule of TensorFlow Lite's kernel SOFTMAX for int8: exponentials come from a table of 256
/// floats, the sum is taken in single precision and in order, so all CPUs give the same bytes. The
/// zero point of the input does not matter.
package enum IntegerSoftmax {
  /// exp(−β · scale · k) for k = 0, 1, …, 255.
  package static func table(inputScale scale: Float, beta: Float) -> [Float] {
    (0..<256).map { Float(ElementaryFunctions.exp(Double(-scale * beta * Float($0)))) }
  }

  /// **Shapes**: equal, pixel strides may differ; `y` may be `x`.
  package static func apply(
    _ table: UnsafePointer<Float>, _ x: TensorView<Int8>, into y: TensorView<Int8>,
    output: AffineQuantization, pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "a softmax keeps the shape")
    guard y.channels > 0 else { return }
    let grain = max(1, 2048 / y.channels)
    pool.forEachRange(of: y.pixelCount, grain: grain) { pixels, _ in
      for pixel in pixels {
        row(table, x.pixel(pixel), into: y.pixel(pixel), count: y.channels, output)
      }
    }
  }

  private static func row(
    _ table: UnsafePointer<Float>, _ x: UnsafePointer<Int8>, into y: UnsafeMutablePointer<Int8>,
    count: Int, _ output: AffineQuantization
  ) {
    var largest = Int(Int8.min)
    for c in 0..<count { largest = max(largest, Int(x[c])) }
    var sum: Float = 0
    for c in 0..<count { sum += table[largest - Int(x[c])] }
    let inverse = 1 / (sum * output.scale)
    for c in 0..<count {
      // At most 1 / scale; the sum with ½ is exact in double precision.
      let quotient = min(Double(table[largest - Int(x[c])] * inverse) + 0.5, 0x1p20)
      y[c] = Int8(clamping: Int32(quotient) + output.zeroPoint)
    }
  }
}
