// SPDX-License-Identifier: Apache-2.0
package import CIntrinsics

/// One SIMD register of floats on the CPU that this build is for: `SIMD16` with AVX-512, `SIMD8`
/// with AVX, `SIMD4` elsewhere.
package typealias Vector = ocelli_float_vector

/// `Int32` lanes of the same count as `Vector`.
package typealias IntegerVector = ocelli_int32_vector

/// What the kernels know about the CPU that this build is for.
package enum Machine {
  /// Floats in a `Vector`.
  @inline(__always) package static var vectorFloats: Int { Int(OCELLI_VECTOR_FLOATS) }
  /// Bytes that hold a bit for each lane of a `Vector`.
  @inline(__always) package static var vectorBitBytes: Int { (vectorFloats + 7) / 8 }
  /// SIMD registers of the instruction set: the bound on the size of a register tile.
  @inline(__always) package static var vectorRegisters: Int { Int(OCELLI_VECTOR_REGISTERS) }
  /// Activations, or weights, that a 32-bit lane holds for `ocelli_dot`.
  @inline(__always) package static var dotElements: Int { Int(OCELLI_DOT_ELEMENTS) }
  /// Whether `ocelli_permute_bytes` is one instruction, and `ocelli_dot` takes bytes.
  @inline(__always) package static var permutesBytes: Bool {
    OCELLI_PERMUTES_BYTES != 0 && dotElements == 4
  }
  /// Whether convolutions across channels are computed by `ReductionTiles`.
  @inline(__always) package static var reduces: Bool { OCELLI_REDUCES != 0 }
  /// How many consecutive elements of a sum weights are packed by there; 0 elsewhere.
  @inline(__always) package static var reductionElements: Int {
    guard reduces else { return 0 }
    return Int(ocelli_has_byte_dot() ? OCELLI_REDUCTION_SHORT : OCELLI_REDUCTION_LONG)
  }
  /// What is added to an activation for `ocelli_dot`.
  @inline(__always) package static var dotOffset: Int32 { OCELLI_DOT_OFFSET }
}

extension Machine {
  /// The instruction set that this build is for.
  package static var architecture: String {
    #if arch(x86_64)
      vectorFloats == 16 ? "x86-64 with AVX-512" : vectorFloats == 8 ? "x86-64 with AVX" : "x86-64"
    #elseif arch(arm64)
      "AArch64 with NEON"
    #elseif arch(arm)
      "ARMv7"
    #elseif arch(riscv64)
      "RISC-V"
    #elseif arch(wasm32)
      "WebAssembly"
    #else
      "an unknown CPU"
    #endif
  }

  /// Whether this build is for boards: it does not train, and is to be small.
  @inline(__always) package static var isBoard: Bool {
    #if hasFeature(Embedded)
      true
    #else
      false
    #endif
  }

  /// Whether this CPU has the vectors that the build uses.
  package static var isSupported: Bool { ocelli_cpu_is_supported() != 0 }
}
