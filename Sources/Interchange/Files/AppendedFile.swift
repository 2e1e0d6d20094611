// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A log that grows at its end; what has been appended is readable by others at once.
struct AppendedFile {
  private let file: FileDescriptor

  /// Opens or creates `path` and keeps as many of its first bytes as `keptByteCount` says of what
  /// is there.
  init(_ path: String, keeping keptByteCount: (UnsafeRawBufferPointer) -> Int) throws(FileError) {
    file = try FileDescriptor(opening: path, flags: O_RDWR | O_CREAT)
    let isRegular = isRegularFile(try file.status())
    if isRegular {
      let existing = try MappedFile(path)
      try file.truncate(to: keptByteCount(existing.bytes))
    }
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { bytes throws(FileError) in
      try file.write(UnsafeRawBufferPointer(bytes))
    }
  }

  func synchronize() throws(FileError) { try file.synchronize() }
}
