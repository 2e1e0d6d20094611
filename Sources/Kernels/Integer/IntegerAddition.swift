// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Sum or difference of quantised tensors of different scales:
///
///     y = clamp(R(M · (R(m_a · 2²⁰ · (a − z_a)) ± R(m_b · 2²⁰ · (b − z_b)))) + z_y)
///     m_a = s_a / 2s,   m_b = s_b / 2s,   M = 2s / (2²⁰ · s_y),   s = max(s_a, s_b)
///
/// R(m · x) is ``FixedPointMultiplier/apply``; the factor of a subtrahend is negative before it
/// rounds. This is the rule of TensorFlow Lite's reference kernels ADD and SUB, bit for bit.
///
/// **Numbers**: |q − z| ≤ 255, so that each term is below 2²⁷ and their sum below 2²⁸.
package struct IntegerAddition: Equatable, Sendable {
  private let zeroPoints: SIMD3<Int32>
  private let first: FixedPointMultiplier
  private let second: FixedPointMultiplier
  private let output: FixedPointMultiplier
  private let range: ClosedRange<Int8>
  private let quantizations: [AffineQuantization]
  private let subtracts: Bool

  /// a + b, or a − b when `subtracts`; the result is clamped to `range`.
  package init(
    _ a: AffineQuantization, _ b: AffineQuantization, output y: AffineQuantization,
    subtracts: Bool = false, range: ClosedRange<Int8> = Int8.min...Int8.max
  ) {
    let twice = Double(2 * max(a.scale, b.scale))
    zeroPoints = [a.zeroPoint, b.zeroPoint, y.zeroPoint]
    first = FixedPointMultiplier(Double(a.scale) / twice)
    var second = FixedPointMultiplier(Double(b.scale) / twice)
    if subtracts { second.multiplier = -second.multiplier }
    self.second = second
    output = FixedPointMultiplier(twice / Double(0x1p20 * y.scale))
    self.range = range
    self.subtracts = subtracts
    quantizations = [a, b, y]
  }

  /// The equation for one pair of bytes.
  package func reference(_ a: Int8, _ b: Int8) -> Int8 {
    let sum =
      first.apply((Int32(a) - zeroPoints.x) << 20) + second.apply((Int32(b) - zeroPoints.y) << 20)
    return Int8(clamping: output.apply(sum) + zeroPoints.z).clamped(to: range)
  }

  /// **Shapes**: each extent of `a` and `b` is that of `y` or 1. `y` may be an input that has its
  /// shape and stride.
  package func apply(
    _ a: TensorView<Int8>, _ b: TensorView<Int8>, into y: TensorView<Int8>, pool: ThreadPool
  ) {
    let exact = Vectors(
      first: Addend(first, zeroPoint: zeroPoints.x),
      second: Addend(second, zeroPoint: zeroPoints.y), output: FixedPointScaling(output),
      zeroPoint: IntegerVector(repeating: zeroPoints.z))
    let isWhole =
      a.hasShape(of: y) && b.hasShape(of: y) && a.isContiguous && b.isContiguous && y.isContiguous
    let nearest = NearestSum(
      quantizations[0], quantizations[1], output: quantizations[2], subtracts: subtracts,
      range: range)
    guard isWhole, let nearest else {
      return BroadcastLoop.map(a, b, into: y, range: range, pool: pool, exact)
    }
    // A microsecond: most of the inputs lie in the cache of the CPU that wrote them.
    VectorLoop.forEachChunk(of: y.elementCount, grain: 4096, pool: pool) { start, count in
      let whole = count / NearestSum.blockBytes * NearestSum.blockBytes
      for offset in stride(from: start, to: start + whole, by: NearestSum.blockBytes)
      where !nearest.run(a.base + offset, b.base + offset, into: y.base + offset) {
        write(exact, a, b, y, offset..<offset + NearestSum.blockBytes)
      }
      write(exact, a, b, y, start + whole..<start + count)
    }
  }

  /// Some elements of contiguous tensors, in integers.
  @inline(never) private func write(
    _ exact: Vectors, _ a: TensorView<Int8>, _ b: TensorView<Int8>, _ y: TensorView<Int8>,
    _ elements: Range<Int>
  ) {
    let low = IntegerVector(repeating: Int32(range.lowerBound))
    let high = IntegerVector(repeating: Int32(range.upperBound))
    for offset in stride(
      from: elements.lowerBound, to: elements.upperBound, by: Machine.vectorFloats)
    {
      exact.apply(
        IntegerVector(signedBytesAt: a.base + offset), IntegerVector(signedBytesAt: b.base + offset)
      ).maximum(low).minimum(high).storeBytes(
        first: min(Machine.vectorFloats, elements.upperBound - offset), to: y.base + offset)
    }
  }

  private struct Vectors: IntegerOperation {
    let first: Addend
    let second: Addend
    let output: FixedPointScaling
    let zeroPoint: IntegerVector

    @inline(__always) func apply(_ a: IntegerVector, _ b: IntegerVector) -> IntegerVector {
      output.apply(first.apply(a) &+ second.apply(b)) &+ zeroPoint
    }
  }

  /// R(m · 2²⁰ · (q − z)) in 32-bit lanes: with m = M · 2^(shift−31) and M = h · 2¹¹ + l, the first
  /// rounding of R is ⌊(d · M + 2¹⁰) / 2¹¹⌋ = d · h + ⌊(d · l + 2¹⁰) / 2¹¹⌋.
  private struct Addend {
    private let zeroPoint: IntegerVector
    private let high: IntegerVector
    private let low: IntegerVector
    private let shift: RoundingShift

    init(_ multiplier: FixedPointMultiplier, zeroPoint: Int32) {
      self.zeroPoint = IntegerVector(repeating: zeroPoint)
      high = IntegerVector(repeating: multiplier.multiplier >> 11)
      low = IntegerVector(repeating: multiplier.multiplier & 0x7FF)
      shift = RoundingShift(right: -multiplier.shift)
    }

    @inline(__always) func apply(_ q: IntegerVector) -> IntegerVector {
      let d = q &- zeroPoint
      return shift.apply(d &* high &+ ((d &* low &+ 1024) &>> 11))
    }
  }
}

extension Comparable {
  /// The nearest value in `range`.
  @inline(__always) func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}

/// A sum in floats, and whether it is certain: the fast path of `IntegerAddition`.
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
    _ a: AffineQuantization, _ b: AffineQuantization, output y: AffineQuantization, subtracts: Bool,
    range: ClosedRange<Int8>
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
    (ocelli_nearest(t) &+ zeroPoint).maximum(bounds.low).minimum(bounds.high).storeBytes(
      first: Machine.vectorFloats, to: y)
  }
}
