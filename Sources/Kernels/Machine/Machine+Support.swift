// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

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
