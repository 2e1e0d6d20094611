// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What this executable was built for.
enum Build {
  static let version = "0.1.0"

  static var description: String {
    "ocelli \(version) (built for \(Machine.architecture), \(Machine.vectorFloats) floats a vector)"
  }

  /// What the CPU lacks of what the executable was built for.
  static var missingFeature: String? {
    Machine.isSupported
      ? nil
      : "built for a CPU with wider vectors than this one has; build again with make CPU=native"
  }
}
