// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file that closes itself; each call is retried when a signal interrupts it.
final class FileDescriptor {
  let number: Int32
  let path: String

  /// Takes over `number`, which is open.
  init(adopting number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  convenience init(opening path: String, flags: Int32) throws(FileError) {
    var number: Int32
    repeat { number = open(path, flags | O_CLOEXEC, 0o666) } while number < 0 && errno == EINTR
    guard number >= 0 else {
      throw FileError(flags & O_CREAT != 0 ? .create : .open, path: path, code: errno)
    }
    self.init(adopting: number, path: path)
  }

  deinit { _ = close(number) }

  func status() throws(FileError) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw FileError(.read, path: path, code: errno) }
    return status
  }

  /// Writes all of `bytes` at the current position.
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var rest = bytes[...]
    while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      // Linux moves at most 2 GiB at a time.
      #if canImport(Glibc)
        let count = Glibc.write(number, base, min(rest.count, 1 << 30))
      #elseif canImport(Musl)
        let count = Musl.write(number, base, min(rest.count, 1 << 30))
      #else
        let count = Darwin.write(number, base, min(rest.count, 1 << 30))
      #endif
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError(.write, path: path, code: errno)
      }
      rest = rest.dropFirst(count)
    }
  }

  func synchronize() throws(FileError) {
    guard fsync(number) == 0 else { throw FileError(.synchronize, path: path, code: errno) }
  }

  /// Cuts the file to `length` bytes and goes to its end.
  func truncate(to length: Int) throws(FileError) {
    guard ftruncate(number, off_t(length)) == 0, lseek(number, off_t(length), SEEK_SET) >= 0
    else { throw FileError(.truncate, path: path, code: errno) }
  }
}

/// Whether `status` is that of an ordinary file, as opposed to a folder, a pipe or a device.
func isRegularFile(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }
