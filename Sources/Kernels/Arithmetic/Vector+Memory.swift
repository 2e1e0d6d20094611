// SPDX-License-Identifier: Apache-2.0

extension Vector {
  /// The vector at `address`, which need not be aligned.
  @inline(__always) init(at address: UnsafePointer<Float>) {
    self = UnsafeRawPointer(address).loadUnaligned(as: Vector.self)
  }

  /// The first `count` elements at `address`, then zeros; nothing past them is read.
  @inline(__always) init(first count: Int, at address: UnsafePointer<Float>) {
    self = Vector(repeating: 0)
    for lane in 0..<count { self[lane] = address[lane] }
  }

  /// Writes all lanes to `address`, which need not be aligned.
  @inline(__always) func store(to address: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(address).storeBytes(of: self, as: Vector.self)
  }

  /// Writes the first `count` lanes.
  @inline(__always) func store(first count: Int, to address: UnsafeMutablePointer<Float>) {
    if count == Machine.vectorFloats { return store(to: address) }
    for lane in 0..<count { address[lane] = self[lane] }
  }

  /// The lanes' bits.
  @inline(__always) var bits: IntegerVector { unsafeBitCast(self, to: IntegerVector.self) }

  /// The vector with these bits.
  @inline(__always) init(bits: IntegerVector) { self = unsafeBitCast(bits, to: Vector.self) }

  /// |x|, lane by lane.
  @inline(__always) var magnitudes: Vector {
    Vector(bits: bits & IntegerVector(repeating: 0x7FFF_FFFF))
  }

  /// The lanes' magnitudes with the signs of `signs`.
  @inline(__always) func withSigns(of signs: Vector) -> Vector {
    let sign = IntegerVector(repeating: Int32.min)
    return Vector(bits: (bits & ~sign) | (signs.bits & sign))
  }

  /// The larger of each pair of lanes; the lane of `self` when either is NaN.
  @inline(__always) func maximum(_ other: Vector) -> Vector {
    replacing(with: other, where: other .> self)
  }

  /// The smaller of each pair of lanes; the lane of `self` when either is NaN.
  @inline(__always) func minimum(_ other: Vector) -> Vector {
    replacing(with: other, where: other .< self)
  }

  /// The sum of all lanes, in a fixed order.
  @inline(__always) var total: Float {
    var sum: Float = 0
    for lane in 0..<Machine.vectorFloats { sum += self[lane] }
    return sum
  }

  /// The sum of all lanes, in a fixed order and in double precision.
  @inline(__always) var doubleTotal: Double {
    var sum = 0.0
    for lane in 0..<Machine.vectorFloats { sum += Double(self[lane]) }
    return sum
  }
}
