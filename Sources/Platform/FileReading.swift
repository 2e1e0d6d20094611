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
    self.descriptor = descriptor
    self.byteCount = byteCount
    self.path = path
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
