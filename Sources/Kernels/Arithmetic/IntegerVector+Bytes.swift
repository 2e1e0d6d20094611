// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

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
