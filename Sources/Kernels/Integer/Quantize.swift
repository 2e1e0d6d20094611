// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// From floats to integers: the rule of TensorFlow Lite's kernel QUANTIZE.
package enum Quantize {
  /// The equation for one number.
  package static func reference<Output: FixedWidthInteger>(
    _ x: Float, _ quantization: AffineQuantization
  ) -> Output {
    let steps = (x / quantization.scale).rounded(.toNearestOrAwayFromZero)
    if steps.isNaN { return Output(clamping: quantization.zeroPoint) }
    return Output(clamping: Int32(max(-1000, min(1000, steps))) + quantization.zeroPoint)
  }

  /// y = clamp(round(x / scale) + zeroPoint), halves away from zero.
  ///
  /// **Shapes**: equal, pixel strides may differ. `Output` is `Int8` or `UInt8`. **Edge cases**:
  /// infinities saturate, NaN becomes the zero point.
  package static func apply<Output: FixedWidthInteger>(
    _ x: TensorView<Float>, into y: TensorView<Output>, _ quantization: AffineQuantization,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "quantising keeps the shape")
    precondition(Output.bitWidth == 8, "integers are bytes")
    let bytes: TensorView<UInt8> = y.reinterpreted()
    let zeroPoint = IntegerVector(repeating: quantization.zeroPoint)
    let low = IntegerVector(repeating: Int32(Output.min))
    let high = IntegerVector(repeating: Int32(Output.max))
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
      pool: pool
    ) { pixel, count in
      let (source, target) = (x.pixel(pixel), bytes.pixel(pixel))
      var offset = 0
      while offset < count {
        let lanes = min(Machine.vectorFloats, count - offset)
        let steps = rounded(Vector(at: source + offset) / quantization.scale)
        (steps &+ zeroPoint).maximum(low).minimum(high).storeBytes(
          first: lanes, to: target + offset)
        offset += lanes
      }
    }
  }

  /// The nearest integers, halves away from zero, of numbers limited to ±1000; 0 for NaN.
  @inline(__always) static func rounded(_ x: Vector) -> IntegerVector {
    let bound = Vector(repeating: 1000)
    let limited = x.replacing(with: 0, where: x .!= x).minimum(bound).maximum(-bound)
    // The largest number below ½: ½ itself would carry the number below ½ to 1.
    let half = Vector(repeating: 0x1.fffffep-2).withSigns(of: limited)
    return ocelli_truncate(limited + half)
  }
}

/// From integers to floats: the rule of TensorFlow Lite's kernel DEQUANTIZE.
package enum Dequantize {
  /// The equation for one byte.
  package static func reference(
    _ x: some FixedWidthInteger, _ quantization: AffineQuantization
  ) -> Float { Float(Int32(x) - quantization.zeroPoint) * quantization.scale }

  /// y = scale · (x − zeroPoint), rounded once.
  ///
  /// **Shapes**: equal, pixel strides may differ. `Input` is `Int8` or `UInt8`.
  package static func apply<Input: FixedWidthInteger>(
    _ x: TensorView<Input>, into y: TensorView<Float>, _ quantization: AffineQuantization,
    pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "dequantising keeps the shape")
    precondition(Input.bitWidth == 8, "integers are bytes")
    let zeroPoint = IntegerVector(repeating: quantization.zeroPoint)
    let bytes: TensorView<UInt8> = x.reinterpreted()
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
      pool: pool
    ) { pixel, count in
      let (source, target) = (bytes.pixel(pixel), y.pixel(pixel))
      var offset = 0
      while offset < count {
        let lanes = min(Machine.vectorFloats, count - offset)
        let unsigned = ocelli_load_bytes(source + offset)
        let q = Input.isSigned ? (unsigned &<< 24) &>> 24 : unsigned
        (ocelli_to_floats(q &- zeroPoint) * quantization.scale).store(
          first: lanes, to: target + offset)
        offset += lanes
      }
    }
  }
}

/// What the integers of a tensor stand for:
///
///     real = scale · (q − zeroPoint)
///
/// as in the TensorFlow Lite quantisation specification. Activations have one a tensor; weights
/// have a scale for each output channel, and `zeroPoint` 0.
public struct AffineQuantization: Equatable, Sendable {
  /// Positive and finite.
  public var scale: Float
  /// In the range of the tensor's integers, so that 0 is represented exactly.
  public var zeroPoint: Int32

  /// A scale, positive and finite, and the integer that stands for 0.
  public init(scale: Float, zeroPoint: Int32) {
    self.scale = scale
    self.zeroPoint = zeroPoint
  }
}
