// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The sum or the difference of two int8 tensors of one shape, each of its own scale.
///
///     y = clamp(M_y(M_a((a − z_a)·2²⁰) ± M_b((b − z_b)·2²⁰)) + z_y)
///     M_a = s_a / 2s,   M_b = s_b / 2s,   M_y = 2s / (2²⁰ · s_y),   s = max(s_a, s_b)
///
/// **Exactness**: that of TensorFlow Lite's reference `ADD` and `SUB`: M is
/// `FixedPointMultiplier.apply`, factors are computed in double precision.
package struct IntegerAddition {
  private static let leftShift: Int32 = 20

  private let offsets: (a: Int32, b: Int32, output: Int32)
  private let factors:
    (a: FixedPointMultiplier, b: FixedPointMultiplier, output: FixedPointMultiplier)
  private let sign: Int32
  private let range: ClosedRange<Int8>

  package init(
    _ a: AffineQuantization, _ b: AffineQuantization, output: AffineQuantization,
    range: ClosedRange<Int8>, subtracts: Bool = false
  ) {
    let twice = 2 * Double(max(a.scale, b.scale))
    offsets = (a.zeroPoint, b.zeroPoint, output.zeroPoint)
    factors = (
      FixedPointMultiplier(Double(a.scale) / twice), FixedPointMultiplier(Double(b.scale) / twice),
      FixedPointMultiplier(twice / (Double(1 << Self.leftShift) * Double(output.scale)))
    )
    sign = subtracts ? -1 : 1
    self.range = range
  }

  /// The equation for one pair of elements.
  package func reference(_ a: Int8, _ b: Int8) -> Int8 {
    let x = factors.a.apply((Int32(a) - offsets.a) << Self.leftShift)
    let y = factors.b.apply((Int32(b) - offsets.b) << Self.leftShift)
    let sum = Int64(factors.output.apply(x + sign * y)) + Int64(offsets.output)
    return Int8(max(Int64(range.lowerBound), min(Int64(range.upperBound), sum)))
  }

  /// y from a and b, all of one shape.
  package func run(
    _ a: TensorView<Int8>, _ b: TensorView<Int8>, into output: TensorView<Int8>, pool: ThreadPool
  ) {
    let (first, second) = (VectorMultiplier(factors.a), VectorMultiplier(factors.b))
    let result = VectorMultiplier(factors.output)
    let shift = IntegerVector(repeating: 1 << Self.leftShift)
    let isContiguous = a.isContiguous && b.isContiguous && output.isContiguous
    ByteLoop.forEachVector(
      pixels: output.pixelCount, channels: output.channels, isContiguous: isContiguous, pool: pool
    ) { pixel, offset, count in
      let x = first.apply(
        (ocelli_load_int8(a.pixel(pixel) + offset) &- IntegerVector(repeating: offsets.a)) &* shift)
      let y = second.apply(
        (ocelli_load_int8(b.pixel(pixel) + offset) &- IntegerVector(repeating: offsets.b)) &* shift)
      let sum = x &+ IntegerVector(repeating: sign) &* y
      ocelli_store_int8(
        result.apply(sum) &+ IntegerVector(repeating: offsets.output), Int32(range.lowerBound),
        Int32(range.upperBound), output.pixel(pixel) + offset, count)
    }
  }
}

/// A `FixedPointMultiplier` for all lanes of a vector.
struct VectorMultiplier {
  private let multiplier: IntegerVector
  private let leftShift: IntegerVector
  private let rightShift: IntegerVector

  init(_ scalar: FixedPointMultiplier) {
    multiplier = IntegerVector(repeating: scalar.multiplier)
    leftShift = IntegerVector(repeating: max(scalar.shift, 0))
    rightShift = IntegerVector(repeating: max(-scalar.shift, 0))
  }

  /// See ``FixedPointMultiplier/apply(_:)``.
  @inline(__always) func apply(_ x: IntegerVector) -> IntegerVector {
    ocelli_requantize(x, multiplier, leftShift, rightShift)
  }
}
