// SPDX-License-Identifier: Apache-2.0

/// Between floats and 8-bit integers, and between integers of two scales. `UInt8` elements are
/// those of unsigned tensors, `Int8` those of signed ones.
package enum FormatConversion {
  /// q = clamp(⌊x / s⌉ + z), halves rounded away from zero; NaN becomes z.
  package static func quantize<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ input: TensorView<Float>, _ quantization: AffineQuantization,
    into output: TensorView<Integer>, pool: ThreadPool
  ) {
    let (low, high) = (Float(Integer.min), Float(Integer.max))
    let zeroPoint = Float(quantization.zeroPoint)
    forEachPixel(input.pixelCount, input.channels, pool) { pixel in
      let (x, q) = (input.pixel(pixel), output.pixel(pixel))
      for c in 0..<input.channels {
        let value = (x[c] / quantization.scale).rounded(.toNearestOrAwayFromZero) + zeroPoint
        // Comparisons let NaN fall through to the zero point.
        let clamped = value <= low ? low : value >= high ? high : value == value ? value : zeroPoint
        q[c] = Integer(truncatingIfNeeded: Int32(clamped))
      }
    }
  }

  /// x = s · (q − z)
  package static func dequantize<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ input: TensorView<Integer>, _ quantization: AffineQuantization,
    into output: TensorView<Float>, pool: ThreadPool
  ) {
    forEachPixel(input.pixelCount, input.channels, pool) { pixel in
      let (q, x) = (input.pixel(pixel), output.pixel(pixel))
      for c in 0..<input.channels {
        x[c] = quantization.scale * Float(Int32(q[c]) - quantization.zeroPoint)
      }
    }
  }

  /// The table of q′ = clamp(M(q − z) + z′), M = s / s′ in fixed point, by the bytes of q; to be
  /// applied by `IntegerLookup`.
  package static func fillRescaling(
    _ table: UnsafeMutablePointer<Int8>, from input: AffineQuantization, isUnsigned: Bool,
    to output: AffineQuantization, isUnsignedOutput: Bool
  ) {
    let factor = FixedPointMultiplier(Double(input.scale) / Double(output.scale))
    let range: ClosedRange<Int32> = isUnsignedOutput ? 0...255 : -128...127
    IntegerLookup.fill(table) { byte in
      let value = isUnsigned ? Int32(UInt8(bitPattern: byte)) : Int32(byte)
      let result = factor.apply(value - input.zeroPoint) + output.zeroPoint
      return Int8(truncatingIfNeeded: max(range.lowerBound, min(range.upperBound, result)))
    }
  }

  private static func forEachPixel(
    _ count: Int, _ channels: Int, _ pool: ThreadPool, _ body: (Int) -> Void
  ) {
    pool.forEachRange(of: count, grain: max(1, (1 << 12) / max(1, channels))) { pixels, _ in
      for pixel in pixels { body(pixel) }
    }
  }
}
