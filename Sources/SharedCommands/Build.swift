// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What an executable was built for.
package enum Build {
  package static let version = "0.1.0"

  /// What `--version` prints of the command of this name.
  package static func description(of command: String) -> String {
    "\(command) \(version) (built for \(Machine.architecture), \(Machine.vectorFloats) floats a "
      + "vector)"
  }

  /// What the CPU lacks of what the executable was built for.
  package static var missingFeature: String? {
    Machine.isSupported
      ? nil
      : "built for a CPU with wider vectors than this one has; build again with make CPU=native"
  }
}
