// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// The bytes of a regular file for as long as this object lives. Symbolic links are followed.
public final class ReadableFile {
  /// Where the bytes are.
  public enum Access: Sendable {
    /// Pages of the file itself, read when touched: for models. The file must not be cut short
    /// meanwhile; one that ``AtomicFile`` replaces stays as it was.
    case mapped
    /// A copy in memory: for small files that somebody else may change.
    case copied
  }

  private var file: ocelli_file

  /// Opens the regular file at `path`.
  public init(path: String, access: Access) throws(FileError) {
    var file = ocelli_file()
    var step = OCELLI_FILE_OPEN
    let code = path.withCString { ocelli_file_open($0, access == .mapped ? 1 : 0, &file, &step) }
    self.file = file
    try FileError.check(code, step, path)
  }

  deinit { ocelli_file_close(&file) }

  /// The content; valid while this object lives.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: file.bytes, count: file.byteCount)
  }
}

// The bytes never change after `init`.
extension ReadableFile: @unchecked Sendable {}

/// A regular file that is open for reading, whose bytes are not in memory. Symbolic links are
/// followed.
public final class StreamedFile {
  /// The system's number for it.
  package let descriptor: Int32
  package let byteCount: Int
  private let path: String

  /// Opens the regular file at `path`.
  public init(path: String) throws(FileError) {
    var descriptor: Int32 = -1
    var byteCount = 0
    var step = OCELLI_FILE_OPEN
    let code = path.withCString { ocelli_stream_open($0, &descriptor, &byteCount, &step) }
    (self.descriptor, self.byteCount, self.path) = (descriptor, byteCount, path)
    try FileError.check(code, step, path)
  }

  deinit { ocelli_descriptor_close(descriptor) }

  /// The first `count` bytes, or all where there are fewer.
  package func head(_ count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(count, byteCount))
    let code = bytes.withUnsafeMutableBytes {
      ocelli_stream_read(descriptor, $0.baseAddress, $0.count)
    }
    try FileError.check(code, OCELLI_FILE_READ, path)
    return bytes
  }
}

// Nothing changes after `init`.
extension StreamedFile: @unchecked Sendable {}

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
  public func write(_ bytes: [UInt8]) throws(FileError) { try write(elements: bytes) }

  package func write<Element: BitwiseCopyable>(elements: [Element]) throws(FileError) {
    try elements.withUnsafeBufferPointer { elements throws(FileError) in
      try write(UnsafeRawBufferPointer(elements))
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
    (self.descriptor, self.path) = (descriptor, path)
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
    try FileError.check(ocelli_descriptor_synchronize(descriptor), OCELLI_FILE_SYNCHRONIZE, path)
  }
}

/// What the system refused to do with a file or folder.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
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
    (self.path, self.code) = (path, code)
  }

  /// Throws unless `code` is 0, which is success.
  static func check(_ code: Int32, _ step: ocelli_file_step, _ path: String) throws(FileError) {
    guard code == 0 else { throw FileError(step, path, code) }
  }

  /// Compares paths byte by byte.
  public static func == (left: FileError, right: FileError) -> Bool {
    left.operation == right.operation && left.code == right.code
      && left.path.utf8.elementsEqual(right.path.utf8)
  }

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

/// Folders, without Foundation.
public enum Folder {
  /// Whether a folder, or a link to one, is at `path`.
  public static func isThere(_ path: String) -> Bool {
    path.withCString { ocelli_path_look($0) } != OCELLI_PATH_OTHER
  }

  /// Whether a link to a folder is at `path`.
  public static func isLink(_ path: String) -> Bool {
    path.withCString { ocelli_path_look($0) } == OCELLI_PATH_LINK_TO_FOLDER
  }

  /// The names of all that is in a folder, in the order of their bytes.
  public static func names(in path: String) throws(FileError) -> [String] {
    var names: [String] = []
    let code = withUnsafeMutablePointer(to: &names) { names in
      path.withCString { path in
        ocelli_folder_list(
          path,
          { context, name in
            guard let context, let name else { return }
            context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
          }, names)
      }
    }
    try FileError.check(code, OCELLI_FILE_OPEN, path)
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Creates a folder, and those above it, unless they exist.
  public static func create(_ path: String) throws(FileError) {
    let code = path.withCString { ocelli_folder_create($0) }
    try FileError.check(code, OCELLI_FILE_CREATE, path)
  }
}
