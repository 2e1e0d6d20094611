// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

extension Vector {
  /// `self` + x · y, rounded once where the CPU has an instruction for it.
  @inline(__always) func adding(_ x: Vector, times y: Vector) -> Vector {
    ocelli_multiply_add(x, y, self)
  }
}
