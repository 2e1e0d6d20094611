// SPDX-License-Identifier: Apache-2.0

/// Parametric ReLU of a quantised tensor, with a slope for each channel or any other part:
///
///     y = clamp(R(s_x / s_y · d) + z_y)              for d = x − z_x ≥ 0
///     y = clamp(R(s_x · s_a / s_y · d · (a − z_a)) + z_y)   for d < 0
///
/// The rule of TensorFlow Lite's reference kernel PRELU; the factors are computed in single
/// precision, as there. **Numbers**: products of differences are below 2¹⁶.
package struct IntegerPReLU: Equatable, Sendable {
  private let zeroPoints: SIMD3<Int32>
  private let positive: FixedPointMultiplier
  private let negative: FixedPointMultiplier

  package init(_ x: AffineQuantization, slope a: AffineQuantization, output y: AffineQuantization) {
    zeroPoints = [x.zeroPoint, a.zeroPoint, y.zeroPoint]
    positive = FixedPointMultiplier(Double(x.scale / y.scale))
    negative = FixedPointMultiplier(Double(x.scale * a.scale / y.scale))
  }

  /// The equation for one pair of bytes.
  package func reference(_ x: Int8, slope a: Int8) -> Int8 {
    let d = Int32(x) - zeroPoints.x
    let y = d >= 0 ? positive.apply(d) : negative.apply(d * (Int32(a) - zeroPoints.y))
    return Int8(clamping: y + zeroPoints.z)
  }

  /// **Shapes**: x has that of y; each extent of `slope` is that of `y` or 1. `y` may be `x`.
  package func apply(
    _ x: TensorView<Int8>, slope: TensorView<Int8>, into y: TensorView<Int8>, pool: ThreadPool
  ) {
    BroadcastLoop.map(
      x, slope, into: y, range: Int8.min...Int8.max, pool: pool,
      Vectors(
        positive: FixedPointScaling(positive), negative: FixedPointScaling(negative),
        zeroPoints: (
          IntegerVector(repeating: zeroPoints.x), IntegerVector(repeating: zeroPoints.y),
          IntegerVector(repeating: zeroPoints.z)
        )))
  }

  private struct Vectors: IntegerOperation {
    let positive: FixedPointScaling
    let negative: FixedPointScaling
    let zeroPoints: (IntegerVector, IntegerVector, IntegerVector)

    @inline(__always) func apply(_ x: IntegerVector, _ a: IntegerVector) -> IntegerVector {
      let d = x &- zeroPoints.0
      let isNegative = d &>> 31
      let below = negative.apply(d &* (a &- zeroPoints.1))
      return ((positive.apply(d) & ~isNegative) | (below & isNegative)) &+ zeroPoints.2
    }
  }
}
