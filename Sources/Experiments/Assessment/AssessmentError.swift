// SPDX-License-Identifier: Apache-2.0

/// Why a section cannot be assessed.
public enum AssessmentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Use a machine with more memory, or smaller models.
  case outOfMemory

  public var description: String { "no memory for the parameters of another model" }
}
