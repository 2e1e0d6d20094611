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
    byteLimit: Int = PictureStream.byteLimit, read: @escaping (UnsafeMutableRawBufferPointer) -> Int
  ) { (self.byteLimit, self.read) = (byteLimit, read) }

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
    if end == buffer.count { buffer.append(contentsOf: repeatElement(0, count: buffer.count / 2)) }
    let first = end
    let count = buffer.withUnsafeMutableBytes { bytes in
      read(UnsafeMutableRawBufferPointer(rebasing: bytes[first...]))
    }
    isAtEnd = count <= 0
    end += max(0, count)
    return !isAtEnd
  }
}

/// Finds the end of a picture that arrives in pieces by its structure: chunks of PNG, segments of
/// JPEG, the header and samples of PPM and PGM.
struct PictureScanner {
  enum Result: Equatable {
    case needsMore
    /// The picture has this many bytes.
    case complete(Int)
    /// The structure is broken.
    case broken
  }

  private let format: ImageFormat
  /// What was scanned already.
  private var offset: Int
  /// Whether a JPEG's coded samples are being passed over.
  private var isInScan = false
  private var netpbm = NetpbmScanner()

  init(_ format: ImageFormat) {
    self.format = format
    offset = format == .png ? 8 : 2
  }

  /// - Parameter bytes: the picture from its first byte, as far as it has come: at each call the
  ///   same bytes as before, and more.
  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Result {
    switch format {
    case .png: scanPNG(bytes)
    case .jpeg: scanJPEG(bytes)
    case .netpbm: netpbm.scan(bytes)
    }
  }

  private mutating func scanPNG(_ bytes: UnsafeRawBufferPointer) -> Result {
    while bytes.count >= offset + 12 {
      let length = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
      let kind = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self).bigEndian
      guard length <= 0x7FFF_FFFF, isWord(kind) else { return .broken }
      let next = Int64(offset) + 12 + Int64(length)
      guard Int64(bytes.count) >= next else { return .needsMore }
      offset = Int(next)
      if kind == 0x4945_4E44 { return .complete(offset) }
    }
    return .needsMore
  }

  /// Whether four bytes are letters, as the names of chunks are.
  private func isWord(_ kind: UInt32) -> Bool {
    (0..<4).allSatisfy { index in
      let letter = kind >> (8 * index) & 0xDF
      return letter >= 0x41 && letter <= 0x5A
    }
  }

  private mutating func scanJPEG(_ bytes: UnsafeRawBufferPointer) -> Result {
    while bytes.count >= offset + 2 {
      let marker = bytes[offset + 1]
      if isInScan {
        // A stuffed byte and restarts belong to the samples.
        if bytes[offset] != 0xFF || marker == 0 || (0xD0...0xD7).contains(marker) {
          offset += 1
        } else {
          isInScan = false
        }
        continue
      }
      guard bytes[offset] == 0xFF, marker != 0, marker != 0xD8 else { return .broken }
      switch marker {
      case 0xFF: offset += 1
      case 0xD9: return .complete(offset + 2)
      case 0x01, 0xD0...0xD7: offset += 2
      default:
        guard bytes.count >= offset + 4 else { return .needsMore }
        let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
        guard length >= 2 else { return .broken }
        guard bytes.count >= offset + 2 + length else { return .needsMore }
        offset += 2 + length
        isInScan = marker == 0xDA
      }
    }
    return .needsMore
  }
}

/// The end of a PPM or PGM picture.
private struct NetpbmScanner {
  private var offset = 2
  /// Width, height and maximum, as far as they are known.
  private var header: [Int] = []
  private var number: Int?
  private var isInComment = false
  /// Samples of a text that are still to come.
  private var samplesLeft: Int64 = 0

  mutating func scan(_ bytes: UnsafeRawBufferPointer) -> PictureScanner.Result {
    let kind = bytes[1]
    let channels: Int64 = kind == UInt8(ascii: "3") || kind == UInt8(ascii: "6") ? 3 : 1
    let isText = kind <= UInt8(ascii: "3")
    while header.count < 3 || isText {
      guard offset < bytes.count else { return .needsMore }
      let byte = bytes[offset]
      offset += 1
      if isInComment {
        isInComment = byte != 0x0A && byte != 0x0D
      } else if case let digit = byte &- UInt8(ascii: "0"), digit < 10 {
        number = 10 * (number ?? 0) + Int(digit)
        if number ?? 0 > 9_999_999 { return .broken }
      } else if byte == UInt8(ascii: "#") || byte == 0x20 || (0x09...0x0D).contains(byte) {
        isInComment = byte == UInt8(ascii: "#")
        guard let value = number else { continue }
        number = nil
        if header.count < 3 {
          header.append(value)
          if header.count == 3 { samplesLeft = Int64(header[0]) * Int64(header[1]) * channels }
        } else {
          samplesLeft -= 1
        }
        if header.count == 3, isText, samplesLeft <= 0 { return .complete(offset) }
      } else {
        return .broken
      }
    }
    let byteCount = Int64(offset) + samplesLeft * (header[2] > 255 ? 2 : 1)
    return Int64(bytes.count) >= byteCount ? .complete(Int(byteCount)) : .needsMore
  }
}
