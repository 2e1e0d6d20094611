// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// What the system refused to do with a file. The caller knows the path.
public struct FileError: Error, Equatable, Sendable {
  /// The step that failed, and with it what the user should look at.
  public enum Operation: Sendable {
    /// Check that the path is right, is a file and is readable.
    case open
    /// Check the disk; the file may have changed while it was read.
    case read
    /// Check that the folder exists and is writable.
    case create
    /// Check that the disk has room. The old file, if any, is untouched.
    case write
    /// Check that the path is not a folder. The old file, if any, is untouched.
    case rename
  }

  public let operation: Operation
  /// The system's `errno`.
  public let code: Int32

  init(step: ocelli_file_step, code: Int32) {
    operation =
      switch step {
      case OCELLI_FILE_OPEN: .open
      case OCELLI_FILE_READ: .read
      case OCELLI_FILE_CREATE: .create
      case OCELLI_FILE_WRITE: .write
      default: .rename
      }
    self.code = code
  }
}

extension FileError {
  /// What could not be done, without the system's reason.
  public var summary: StaticString {
    switch operation {
    case .open: "cannot be opened"
    case .read: "cannot be read"
    case .create: "cannot be created"
    case .write: "cannot be written"
    case .rename: "cannot be put in place"
    }
  }
}
