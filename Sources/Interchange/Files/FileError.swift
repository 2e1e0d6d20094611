// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The operating system refused something that was asked of a file.
public struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried: completes "cannot … PATH".
  public enum Operation: String, Sendable {
    case open, create, read, write, map, rename, synchronize, truncate
  }

  public let operation: Operation
  public let path: String
  /// The `errno` of the system call: `ENOENT`, `ENOSPC` …
  public let code: Int32

  public init(_ operation: Operation, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// What the system said: "No such file or directory".
  public var reason: String { String(cString: strerror(code)) }

  /// What follows the file's name and a colon.
  public var problem: String {
    let participle =
      switch operation {
      case .open: "opened"
      case .create: "created"
      case .read: "read"
      case .write: "written"
      case .map: "mapped"
      case .rename: "put in place"
      case .synchronize: "put on disk"
      case .truncate: "cut to length"
      }
    return "cannot be \(participle): \(reason)"
  }

  public var description: String {
    "cannot \(operation.rawValue) \(path): \(reason) (errno \(code))"
  }
}
