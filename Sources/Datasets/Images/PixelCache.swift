// SPDX-License-Identifier: Apache-2.0
import Foundation
import Platform

/// The bytes of many images, in memory or in a mapped file, that data sets and their subsets share.
public final class PixelCache: @unchecked Sendable {
  // Nothing writes to `bytes` after the initialiser: that is what makes sharing between threads
  // sound.
  let bytes: UnsafeRawBufferPointer
  private let release: (UnsafeRawBufferPointer) -> Void

  private init(_ bytes: UnsafeRawBufferPointer, release: @escaping (UnsafeRawBufferPointer) -> Void)
  { (self.bytes, self.release) = (bytes, release) }

  deinit { release(bytes) }

  /// Memory of `byteCount` bytes, zeroed and then filled by `body`.
  public static func filled<Failure: Error>(
    byteCount: Int, by body: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> PixelCache {
    guard let bytes = zeroed(byteCount) else { preconditionFailure("no memory for the images") }
    let cache = owning(bytes)
    try body(bytes)
    return cache
  }

  /// Like `filled`, but for what comes from outside: having no room is an error.
  static func read(
    byteCount: Int, name: String,
    by body: (UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) -> Void
  ) throws(DatasetError) -> PixelCache {
    guard let bytes = zeroed(byteCount) else {
      throw .outOfMemory(name: name, byteCount: byteCount)
    }
    let cache = owning(bytes)
    try body(bytes)
    return cache
  }

  private static func zeroed(_ byteCount: Int) -> UnsafeMutableBufferPointer<UInt8>? {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(byteCount, 64)) == 0, let memory else { return nil }
    let bytes = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: UInt8.self, capacity: byteCount), count: byteCount)
    bytes.initialize(repeating: 0)
    return bytes
  }

  private static func owning(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> PixelCache {
    PixelCache(UnsafeRawBufferPointer(bytes)) {
      free(UnsafeMutableRawPointer(mutating: $0.baseAddress))
    }
  }

  /// Bytes of `imageCount` images, refused when the machine has not as much memory.
  static func byteCount(
    ofImages imageCount: Int, size: DatasetError.Size, name: String
  ) throws(DatasetError) -> Int {
    let (total, overflows) = (3 * size.width * size.height).multipliedReportingOverflow(
      by: imageCount)
    guard !overflows && UInt64(total) <= ProcessInfo.processInfo.physicalMemory else {
      throw .tooLarge(name: name, imageCount: imageCount, size: size)
    }
    return total
  }

  /// The file at `path`, mapped: pages are read when they are first touched and given back under
  /// memory pressure.
  public static func mapped(file path: String) throws(DatasetError) -> PixelCache {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
    guard file.bytes.count > 0 else {
      throw .wrongByteCount(path: path, byteCount: 0, expected: "a file that is not empty")
    }
    return borrowed(file.bytes, from: file)
  }

  /// `bytes` of `owner`, which stay valid as long as `owner` lives.
  static func borrowed(_ bytes: UnsafeRawBufferPointer, from owner: some Sendable) -> PixelCache {
    PixelCache(bytes) { _ in withExtendedLifetime(owner) {} }
  }
}

extension UnsafeMutableBufferPointer<UInt8> {
  /// Copies the bytes of image number `index` to their place; all images have as many.
  func store(_ pixels: [UInt8], at index: Int) {
    let place = index * pixels.count..<(index + 1) * pixels.count
    pixels.withUnsafeBytes { UnsafeMutableRawBufferPointer(extracting(place)).copyMemory(from: $0) }
  }
}
