// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// What the system refused to do with a file or folder.
public struct FileError: Error, Sendable {
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
    /// Check the disk: it did not confirm the bytes. The old file, if any, is untouched.
    case synchronize
    /// Check that the path is not a folder. The old file, if any, is untouched.
    case rename
    /// Check that the log is a file on a disk that allows shortening it.
    case truncate
  }

  /// The step that failed.
  public let operation: Operation
  /// The path as the caller gave it.
  public let path: String
  /// The system's `errno`.
  public let code: Int32

  init(_ step: ocelli_file_step, _ path: String, _ code: Int32) {
    operation =
      switch step {
      case OCELLI_FILE_OPEN: .open
      case OCELLI_FILE_READ: .read
      case OCELLI_FILE_CREATE: .create
      case OCELLI_FILE_WRITE: .write
      case OCELLI_FILE_SYNCHRONIZE: .synchronize
      case OCELLI_FILE_TRUNCATE: .truncate
      default: .rename
      }
    self.path = path
    self.code = code
  }

  /// Throws unless `code` is 0, which is success.
  static func check(
    _ code: Int32, _ step: ocelli_file_step, _ path: String
  ) throws(FileError) {
    guard code == 0 else { throw FileError(step, path, code) }
  }
}

extension FileError: Equatable {
  /// Compares paths byte by byte.
  public static func == (left: FileError, right: FileError) -> Bool {
    left.operation == right.operation && left.code == right.code
      && left.path.utf8.elementsEqual(right.path.utf8)
  }
}

extension FileError: CustomStringConvertible {
  /// The system's words: "No such file or directory".
  package var reason: String {
    var text = [CChar](repeating: 0, count: 128)
    ocelli_error_text(code, &text, text.count)
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What could not be done, without the system's reason: "cannot be opened".
  public var summary: StaticString {
    switch operation {
    case .open: "cannot be opened"
    case .read: "cannot be read"
    case .create: "cannot be created"
    case .write: "cannot be written"
    case .synchronize: "cannot be put on disk"
    case .rename: "cannot be put in place"
    case .truncate: "cannot be cut to length"
    }
  }

  /// Follows the file's name and a colon: "cannot be opened: No such file or directory".
  public var problem: String { "\(summary): \(reason)" }

  /// One line: "cannot open PATH: No such file or directory (errno 2)".
  public var description: String {
    let verb: StaticString =
      switch operation {
      case .open: "open"
      case .read: "read"
      case .create: "create"
      case .write: "write"
      case .synchronize: "synchronize"
      case .rename: "rename"
      case .truncate: "truncate"
      }
    return "cannot \(verb) \(path): \(reason) (errno \(code))"
  }
}
