// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a temporary file in the same folder, which `commit()` syncs and renames. An object
/// that goes away without `commit()`, because a write failed, removes the temporary file. An
/// existing device or pipe (`/dev/stdout`) is written to as it is.
package final class AtomicFile {
  private let file: FileDescriptor
  private let path: String
  private let temporaryPath: String?
  private var buffer: [UInt8] = []
  private var isCommitted = false

  package init(_ path: String) throws(FileError) {
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists && !isRegularFile(status) {
      self.path = path
      temporaryPath = nil
      file = try FileDescriptor(opening: path, flags: O_WRONLY)
      return
    }
    // Through a symbolic link the file that it points to is replaced, not the link.
    let target = exists ? Self.resolved(path) : path
    var template = Array((target + ".XXXXXX").utf8CString)
    let number = mkstemp(&template)
    guard number >= 0 else { throw FileError(.create, path: path, code: errno) }
    self.path = target
    temporaryPath = template.withUnsafeBufferPointer { pointer in
      pointer.baseAddress.map { String(cString: $0) }
    }
    file = FileDescriptor(adopting: number, path: path)
    fchmod(number, exists ? status.st_mode & 0o777 : 0o666 & ~Self.creationMask())
  }

  deinit {
    if !isCommitted, let temporaryPath { _ = unlink(temporaryPath) }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if buffer.count + bytes.count < 1 << 16 {
      buffer.append(contentsOf: bytes)
    } else {
      try flush()
      try file.write(bytes)
    }
  }

  package func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Gives the file its name. When this throws, the file that had the name is untouched.
  package func commit() throws(FileError) {
    try flush()
    guard let temporaryPath else { return }
    try file.synchronize()
    guard rename(temporaryPath, path) == 0 else {
      throw FileError(.rename, path: path, code: errno)
    }
    isCommitted = true
    // The name is on disk only when the folder is; not every file system can sync one.
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    if let folder = try? FileDescriptor(opening: folder, flags: O_RDONLY) {
      try? folder.synchronize()
    }
  }

  /// Writes `bytes` as the whole of the file at `path`.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }

  private func flush() throws(FileError) {
    try buffer.withUnsafeBufferPointer { bytes throws(FileError) in
      try file.write(UnsafeRawBufferPointer(bytes))
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private static func resolved(_ path: String) -> String {
    guard let pointer = realpath(path, nil) else { return path }
    defer { free(pointer) }
    return String(cString: pointer)
  }

  private static func creationMask() -> mode_t {
    let mask = umask(0o022)
    umask(mask)
    return mask
  }
}
