// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The bytes of a file, brought into memory page by page as they are read.
///
/// The file must keep its length as long as it is mapped. All that this package writes is replaced
/// by renaming, which leaves a mapping of the old file intact.
package final class MappedFile: Sendable {
  package let path: String
  nonisolated(unsafe) package let bytes: UnsafeRawBufferPointer

  package init(_ path: String) throws(FileError) {
    // A pipe without a writer would block; for files the flag means nothing.
    let file = try FileDescriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
    let status = try file.status()
    guard isRegularFile(status) else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(.read, path: path, code: isFolder ? EISDIR : EINVAL)
    }
    self.path = path
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file.number, 0),
      base != UnsafeMutableRawPointer(bitPattern: -1)
    else { throw FileError(.map, path: path, code: errno) }
    bytes = UnsafeRawBufferPointer(start: base, count: count)
  }

  deinit {
    if let base = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: base), bytes.count)
    }
  }
}
