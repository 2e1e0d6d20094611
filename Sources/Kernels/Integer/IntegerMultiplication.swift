// SPDX-License-Identifier: Apache-2.0

/// Product of quantised tensors:
///
///     y = clamp(R(M · (a − z_a) · (b − z_b)) + z_y),   M = s_a · s_b / s_y
///
/// R(M · x) is ``FixedPointMultiplier/apply``. This is the rule of TensorFlow Lite's reference
/// kernel MUL, bit for bit; M is computed in single precision, as there.
///
/// **Numbers**: the product of differences is below 2¹⁶; M is below 2¹³.
package struct IntegerMultiplication: Equatable, Sendable {
  private let zeroPoints: SIMD3<Int32>
  private let factor: FixedPointMultiplier
  private let range: ClosedRange<Int8>

  /// The result is clamped to `range`.
  package init(
    _ a: AffineQuantization, _ b: AffineQuantization, output y: AffineQuantization,
    range: ClosedRange<Int8> = Int8.min...Int8.max
  ) {
    zeroPoints = [a.zeroPoint, b.zeroPoint, y.zeroPoint]
    factor = FixedPointMultiplier(Double(a.scale * b.scale / y.scale))
    self.range = range
  }

  /// The equation for one pair of bytes.
  package func reference(_ a: Int8, _ b: Int8) -> Int8 {
    let product = (Int32(a) - zeroPoints.x) * (Int32(b) - zeroPoints.y)
    return Int8(clamping: factor.apply(product) + zeroPoints.z).clamped(to: range)
  }

  /// **Shapes**: each extent of `a` and `b` is that of `y` or 1. `y` may be an input that has its
  /// shape and stride.
  package func apply(
    _ a: TensorView<Int8>, _ b: TensorView<Int8>, into y: TensorView<Int8>, pool: ThreadPool
  ) {
    BroadcastLoop.map(
      a, b, into: y, range: range, pool: pool,
      Vectors(
        first: IntegerVector(repeating: zeroPoints.x),
        second: IntegerVector(repeating: zeroPoints.y), scaling: FixedPointScaling(factor),
        output: IntegerVector(repeating: zeroPoints.z)))
  }

  /// The zero points of both factors and of the output.
  private struct Vectors: IntegerOperation {
    let first: IntegerVector
    let second: IntegerVector
    let scaling: FixedPointScaling
    let output: IntegerVector

    @inline(__always) func apply(_ a: IntegerVector, _ b: IntegerVector) -> IntegerVector {
      scaling.apply((a &- first) &* (b &- second)) &+ output
    }
  }
}
