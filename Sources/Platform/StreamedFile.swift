// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// A regular file that is open for reading, whose bytes are not in memory.
public final class StreamedFile {
  /// The system's number for it.
  package let descriptor: Int32
  package let byteCount: Int

  public init(path: String) throws(FileError) {
    var descriptor: Int32 = -1
    var byteCount = 0
    var step = OCELLI_FILE_OPEN
    let code = path.withCString { ocelli_stream_open($0, &descriptor, &byteCount, &step) }
    self.descriptor = descriptor
    self.byteCount = byteCount
    guard code == 0 else { throw FileError(step: step, code: code) }
  }

  deinit { ocelli_stream_close(descriptor) }

  /// The first bytes, so many if there are so many.
  package func head(_ count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(count, byteCount))
    let code = bytes.withUnsafeMutableBytes {
      ocelli_stream_read(descriptor, $0.baseAddress, $0.count)
    }
    guard code == 0 else { throw FileError(step: OCELLI_FILE_READ, code: code) }
    return bytes
  }
}

// Nothing changes after `init`.
extension StreamedFile: @unchecked Sendable {}
