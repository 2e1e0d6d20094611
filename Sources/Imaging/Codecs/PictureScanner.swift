// SPDX-License-Identifier: Apache-2.0

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
