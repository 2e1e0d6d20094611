// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// The bytes of a file for as long as this object lives.
public final class ReadableFile {
  /// Where the bytes are.
  public enum Access: Sendable {
    /// Pages of the file itself, read when touched: for models. The file must not be cut short
    /// meanwhile.
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
    guard code == 0 else { throw FileError(step: step, code: code) }
  }

  deinit { ocelli_file_close(&file) }

  /// The content; valid while this object lives.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: file.bytes, count: file.byteCount)
  }
}

// The bytes never change after `init`.
extension ReadableFile: @unchecked Sendable {}
