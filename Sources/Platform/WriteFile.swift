// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// Writes `bytes` to `path` whole, or leaves what was there.
///
/// They go to a temporary file in the same folder, which is synced and then renamed: neither a
/// killed run nor a power cut leaves half a file.
public func writeFile(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
  var step = OCELLI_FILE_CREATE
  let code = path.withCString { ocelli_file_write($0, bytes.baseAddress, bytes.count, &step) }
  guard code == 0 else { throw FileError(step: step, code: code) }
}

/// See ``writeFile(_:to:)-(UnsafeRawBufferPointer,_)``.
public func writeFile(_ bytes: [UInt8], to path: String) throws(FileError) {
  try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in
    try writeFile(UnsafeRawBufferPointer(bytes), to: path)
  }
}
