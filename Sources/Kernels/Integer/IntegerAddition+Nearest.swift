// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A sum in floats, and whether it is certain: the fast way of `IntegerAddition`.
///
///     t = (a − z_a) · s_a / s_y ± (b − z_b) · s_b / s_y,   y = ⌊t⌉ + z_y
///
/// **Exactness**: the terms of the equation are rounded to units of 2s / 2²⁰, of which the sum is
/// off by less than 4; its own two roundings shift a tie by less than 2⁻¹⁸. In single precision the
/// terms, below 256 · s / s_y each, and the sum are off by 2⁻²² of their size together. Where t is
/// nearer to a tie than all of that, the four vectors are computed in integers.
struct NearestSum {
  private let factors: (Vector, Vector)
  private let constant: Vector
  private let zeroPoint: IntegerVector
  private let bounds: (low: IntegerVector, high: IntegerVector)
  /// How far from the nearest integer t may be.
  private let limit: Float

  /// `nil` where the scales are so far apart that nothing would be certain.
  init?(
    _ a: AffineQuantization, _ b: AffineQuantization, output y: AffineQuantization,
    subtracts: Bool, range: ClosedRange<Int8>
  ) {
    let first = Double(a.scale) / Double(y.scale)
    let second = Double(b.scale) / Double(y.scale) * (subtracts ? -1 : 1)
    let size = max(first, abs(second))
    let error = 8 * size * 0x1p-20 + 512 * size * 0x1p-22 + 0x1p-14
    guard error < 0.125 else { return nil }
    limit = 0.5 - Float(error)
    factors = (Vector(repeating: Float(first)), Vector(repeating: Float(second)))
    constant = Vector(
      repeating: Float(-(Double(a.zeroPoint) * first + Double(b.zeroPoint) * second)))
    zeroPoint = IntegerVector(repeating: y.zeroPoint)
    bounds = (
      IntegerVector(repeating: Int32(range.lowerBound)),
      IntegerVector(repeating: Int32(range.upperBound))
    )
  }

  /// Bytes that `run` computes at a time.
  @inline(__always) static var blockBytes: Int { 4 * Machine.vectorFloats }

  /// Writes `blockBytes` sums, or nothing where one of them is uncertain.
  @inline(__always) func run(
    _ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, into y: UnsafeMutablePointer<Int8>
  ) -> Bool {
    let lanes = Machine.vectorFloats
    let (s, t) = (sum(a, b, 0), sum(a, b, lanes))
    let (u, v) = (sum(a, b, 2 * lanes), sum(a, b, 3 * lanes))
    var distance = ocelli_farther(Vector(repeating: 0), s)
    distance = ocelli_farther(ocelli_farther(ocelli_farther(distance, t), u), v)
    if ocelli_any_reaches(distance, limit) { return false }
    store(s, to: y)
    store(t, to: y + lanes)
    store(u, to: y + 2 * lanes)
    store(v, to: y + 3 * lanes)
    return true
  }

  @inline(__always) private func sum(
    _ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, _ offset: Int
  ) -> Vector {
    let x = ocelli_to_floats(IntegerVector(signedBytesAt: a + offset))
    let z = ocelli_to_floats(IntegerVector(signedBytesAt: b + offset))
    return constant.adding(x, times: factors.0).adding(z, times: factors.1)
  }

  @inline(__always) private func store(_ t: Vector, to y: UnsafeMutablePointer<Int8>) {
    (ocelli_nearest(t) &+ zeroPoint).maximum(bounds.low).minimum(bounds.high)
      .storeBytes(first: Machine.vectorFloats, to: y)
  }
}
