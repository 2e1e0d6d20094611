// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

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

extension Vector {
  /// `self` + x · y, rounded once where the CPU has an instruction for it.
  @inline(__always) func adding(_ x: Vector, times y: Vector) -> Vector {
    ocelli_multiply_add(x, y, self)
  }
}

extension IntegerVector {
  /// The first `count` bytes at `address`, each in a lane, then zeros.
  @inline(__always) init(bytes count: Int, at address: UnsafePointer<UInt8>) {
    if count == Machine.vectorFloats {
      self = ocelli_load_bytes(address)
    } else {
      self = IntegerVector(repeating: 0)
      for lane in 0..<count { self[lane] = Int32(address[lane]) }
    }
  }

  /// Which lanes, all of them bytes, are `byte`. Compared as floats 2²³ + lane, because comparisons
  /// of integer vectors compile to loops over lanes.
  @inline(__always) func isByte(_ byte: Int) -> SIMDMask<IntegerVector> {
    Vector(bits: self | 0x4B00_0000) .== Vector(repeating: 0x1p23 + Float(byte))
  }

  /// Writes the low bytes of the first `count` lanes.
  @inline(__always) func storeBytes(first count: Int, to address: UnsafeMutablePointer<UInt8>) {
    if count == Machine.vectorFloats { return ocelli_store_bytes(self, address) }
    for lane in 0..<count { address[lane] = UInt8(truncatingIfNeeded: self[lane]) }
  }

  /// The signed bytes at `address`, each in a lane; a whole vector is read.
  @inline(__always) init(signedBytesAt address: UnsafePointer<Int8>) {
    self = ocelli_load_signed_bytes(address)
  }

  /// Writes the low bytes of the first `count` lanes.
  @inline(__always) func storeBytes(first count: Int, to address: UnsafeMutablePointer<Int8>) {
    storeBytes(
      first: count, to: UnsafeMutableRawPointer(address).assumingMemoryBound(to: UInt8.self))
  }

  /// The larger of each pair of lanes.
  @inline(__always) func maximum(_ other: IntegerVector) -> IntegerVector {
    ocelli_maximum(self, other)
  }

  /// The smaller of each pair of lanes.
  @inline(__always) func minimum(_ other: IntegerVector) -> IntegerVector {
    ocelli_minimum(self, other)
  }
}
