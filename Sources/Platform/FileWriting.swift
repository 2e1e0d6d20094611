// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a temporary file in the same folder, which `commit()` syncs and renames: neither a
/// killed run nor a power cut leaves half a file. Without `commit()`, because a write failed, the
/// temporary file is removed. The new file keeps the mode of the one that it replaces. Through a
/// symbolic link, the file that it leads to is replaced, not the link (one that leads nowhere is
/// replaced itself). A device or a pipe, such as `/dev/stdout`, is written as it is.
public final class AtomicFile {
  private var file = ocelli_new_file()
  private let path: String
  private var buffer: [UInt8] = []

  /// Opens the temporary file, or the device.
  public init(_ path: String) throws(FileError) {
    self.path = path
    var step = OCELLI_FILE_CREATE
    let code = path.withCString { ocelli_new_file_open($0, &file, &step) }
    try FileError.check(code, step, path)
  }

  deinit { ocelli_new_file_close(&file) }

  /// Appends bytes, which may be held back until `commit()`.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if buffer.count + bytes.count < 1 << 16 {
      buffer.append(contentsOf: bytes)
    } else {
      try flush()
      try writeThrough(bytes)
    }
  }

  /// Appends bytes, which may be held back until `commit()`.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
      try write(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Gives the file its name. When this throws, the file that had the name is untouched.
  public func commit() throws(FileError) {
    try flush()
    var step = OCELLI_FILE_WRITE
    let code = ocelli_new_file_commit(&file, &step)
    try FileError.check(code, step, path)
  }

  /// Writes `bytes` as the whole of the file at `path`.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let file = try AtomicFile(path)
    try file.write(bytes)
    try file.commit()
  }

  private func flush() throws(FileError) {
    try buffer.withUnsafeBufferPointer { bytes throws(FileError) in
      try writeThrough(UnsafeRawBufferPointer(bytes))
    }
    buffer.removeAll(keepingCapacity: true)
  }

  private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    let code = ocelli_descriptor_write(file.descriptor, bytes.baseAddress, bytes.count)
    try FileError.check(code, OCELLI_FILE_WRITE, path)
  }
}

/// A log that grows at its end; others can read at once what has been appended. Symbolic links are
/// followed.
package final class AppendedFile {
  private let descriptor: Int32
  private let path: String

  /// Opens or creates `path` and cuts it to the length that `keptByteCount` returns for its bytes.
  package init(
    _ path: String, keeping keptByteCount: (UnsafeRawBufferPointer) -> Int
  ) throws(FileError) {
    var descriptor: Int32 = -1
    var isRegular = false
    let code = path.withCString { ocelli_log_open($0, &descriptor, &isRegular) }
    self.descriptor = descriptor
    self.path = path
    try FileError.check(code, OCELLI_FILE_CREATE, path)
    guard isRegular else { return }
    let existing = try ReadableFile(path: path, access: .mapped)
    let count = keptByteCount(existing.bytes)
    try FileError.check(ocelli_log_cut(descriptor, count), OCELLI_FILE_TRUNCATE, path)
  }

  deinit { ocelli_descriptor_close(descriptor) }

  /// Appends all bytes.
  package func append(_ bytes: [UInt8]) throws(FileError) {
    let code = bytes.withUnsafeBytes {
      ocelli_descriptor_write(descriptor, $0.baseAddress, $0.count)
    }
    try FileError.check(code, OCELLI_FILE_WRITE, path)
  }

  /// Waits until all bytes are on disk.
  package func synchronize() throws(FileError) {
    try FileError.check(
      ocelli_descriptor_synchronize(descriptor), OCELLI_FILE_SYNCHRONIZE, path)
  }
}
