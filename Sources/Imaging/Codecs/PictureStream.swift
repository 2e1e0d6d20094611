// SPDX-License-Identifier: Apache-2.0

/// Splits a stream of consecutive PNG, JPEG, PPM and PGM pictures. White space, zeros and the
/// headers of a multipart stream, which network cameras send, may stand between them.
///
/// A picture is returned as soon as its last byte has arrived; only what was read with it is
/// buffered.
public struct PictureStream {
  /// The bound on the bytes of one picture.
  public static let byteLimit = 1 << 28

  /// A part of the stream.
  public enum Part: Equatable, Sendable {
    /// A picture that is complete by its structure; decoding may still fail.
    case picture([UInt8])
    /// A picture that ends too early, whose structure is broken, or that exceeds the limit.
    case damaged([UInt8])
    /// Bytes that are not a picture.
    case unknown(byteCount: Int)
  }

  /// Boundaries have at most 70 characters, and headers of pictures a few lines.
  private static let partHeaderLimit = 2048

  private let byteLimit: Int
  private let read: (UnsafeMutableRawBufferPointer) -> Int
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  /// What was read and not given out lies in `buffer[start..<end]`.
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// - Parameter read: fills memory with the next bytes, at least one, and says how many; 0 at the
  ///   end.
  public init(
    byteLimit: Int = PictureStream.byteLimit,
    read: @escaping (UnsafeMutableRawBufferPointer) -> Int
  ) {
    (self.byteLimit, self.read) = (byteLimit, read)
  }

  /// The next part; `nil` at the end of the stream.
  public mutating func next() -> Part? {
    repeat { skipPadding() } while skipPartHeader()
    var skipped = 0
    while true {
      // The longest signature that is looked for.
      while end - start < 4, fill() {}
      guard start < end else { return skipped > 0 ? .unknown(byteCount: skipped) : nil }
      if let format = startsPicture() {
        // First report the skipped bytes; the picture follows in the next call.
        return skipped > 0 ? .unknown(byteCount: skipped) : nextPicture(format)
      }
      start += 1
      skipped += 1
    }
  }

  private mutating func nextPicture(_ format: ImageFormat) -> Part {
    var scanner = PictureScanner(format)
    while true {
      let result = withRest { scanner.scan($0) }
      switch result {
      case .complete(let count): return .picture(take(count))
      case .broken: return .damaged(takeUntilNextPicture())
      case .needsMore:
        if end - start >= byteLimit { return .damaged(takeUntilNextPicture()) }
        if !fill() { return .damaged(takeUntilNextPicture()) }
      }
    }
  }

  private mutating func take(_ count: Int) -> [UInt8] {
    let picture = Array(buffer[start..<start + count])
    start += count
    return picture
  }

  /// The buffered part of a broken picture, up to where another one may start.
  private mutating func takeUntilNextPicture() -> [UInt8] {
    let first = start
    start += 1
    while start < end, startsPicture() == nil { start += 1 }
    return Array(buffer[first..<start])
  }

  private func startsPicture() -> ImageFormat? {
    withRest { rest in
      guard let format = ImageFormat(content: rest) else { return nil }
      // The two letters count only if white space or a comment follows.
      let isWord =
        format == .netpbm
        && !(rest.count > 2 && (rest[2] == 0x20 || rest[2] == 0x23 || (9...13).contains(rest[2])))
      return isWord && rest.count > 2 ? nil : format
    }
  }

  private mutating func skipPadding() {
    while true {
      while start < end, [0, 0x20].contains(buffer[start]) || (9...13).contains(buffer[start]) {
        start += 1
      }
      guard start == end, fill() else { return }
    }
  }

  /// Passes over a boundary and its header lines (RFC 2046): printable text that starts with `--`
  /// and ends in an empty line, or with the stream.
  private mutating func skipPartHeader() -> Bool {
    var count = 0
    var isLineEmpty = false
    while count < Self.partHeaderLimit {
      guard start + count < end || fill() else {
        start = end
        return count > 0
      }
      let byte = buffer[start + count]
      guard count >= 2 || byte == UInt8(ascii: "-") else { return false }
      count += 1
      switch byte {
      case UInt8(ascii: "\n"):
        if isLineEmpty {
          start += count
          return true
        }
        isLineEmpty = true
      case UInt8(ascii: "\r"): break
      case 9, 0x20...0x7E: isLineEmpty = false
      default: return false
      }
    }
    return false
  }

  private func withRest<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
  }

  /// Reads more; `false` at the end of the stream. The buffer is reused, and grows by half for
  /// large pictures.
  private mutating func fill() -> Bool {
    guard !isAtEnd else { return false }
    if start > 0, end == buffer.count || start == end {
      for index in start..<end { buffer[index - start] = buffer[index] }
      (start, end) = (0, end - start)
    }
    if end == buffer.count {
      buffer.append(contentsOf: repeatElement(0, count: buffer.count / 2))
    }
    let first = end
    let count = buffer.withUnsafeMutableBytes { bytes in
      read(UnsafeMutableRawBufferPointer(rebasing: bytes[first...]))
    }
    isAtEnd = count <= 0
    end += max(0, count)
    return !isAtEnd
  }
}
