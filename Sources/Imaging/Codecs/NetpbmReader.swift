// SPDX-License-Identifier: Apache-2.0

/// Reads PPM and PGM: `P2`, `P3` as decimal text, `P5`, `P6` as bytes (two a sample, high first,
/// when the maximum is above 255). Samples are stretched from `0...maximum` to `0...255`, halves to
/// even; of samples of 16 bits (a maximum of 65,535) the upper 8 are kept, as of a PNG's.
///
/// Source: netpbm.sourceforge.net/doc/ppm.html and pgm.html.
struct NetpbmReader {
  let width: Int
  let height: Int
  let channels: Int
  private let bytes: UnsafeRawBufferPointer
  private let maximum: Int
  private let isText: Bool
  private var offset = 2

  init(_ bytes: UnsafeRawBufferPointer, pixelLimit: Int) throws(ImageError) {
    self.bytes = bytes
    isText = bytes[1] <= UInt8(ascii: "3")
    channels = bytes[1] == UInt8(ascii: "3") || bytes[1] == UInt8(ascii: "6") ? 3 : 1
    var offset = 2
    width = try Self.readNumber(bytes, &offset, within: 1...9_999_999, row: 0)
    height = try Self.readNumber(bytes, &offset, within: 1...9_999_999, row: 0)
    maximum = try Self.readNumber(bytes, &offset, within: 1...65535, row: 0)
    guard width <= 65535, height <= 65535, Int64(width) * Int64(height) <= Int64(pixelLimit)
    else { throw .tooLarge(width: width, height: height, pixelLimit: pixelLimit) }

    // One white space ends a binary header; text has at least one digit and one space a sample, but
    // for the last.
    if !isText { offset += 1 }
    let sampleCount = Int64(width) * Int64(height) * Int64(channels)
    let needed = isText ? 2 * sampleCount - 1 : sampleCount * (maximum > 255 ? 2 : 1)
    guard Int64(bytes.count - offset) >= needed else {
      let rowBytes = needed / Int64(height)
      throw .truncated(
        .netpbm, row: isText ? 0 : Int(Int64(max(0, bytes.count - offset)) / rowBytes))
    }
    self.offset = offset
  }

  /// - Parameter row: Counted by the caller; for errors alone.
  mutating func readRow(
    _ row: Int, into target: UnsafeMutablePointer<UInt8>
  ) throws(ImageError) {
    let count = width * channels
    if isText {
      for index in 0..<count {
        let sample = try Self.readNumber(bytes, &offset, within: 0...maximum, row: row)
        target[index] = stretched(sample)
      }
    } else if maximum > 255 {
      for index in 0..<count {
        let sample = Int(bytes[offset + 2 * index]) << 8 | Int(bytes[offset + 2 * index + 1])
        target[index] = stretched(sample)
      }
      offset += 2 * count
    } else if maximum == 255 {
      for index in 0..<count { target[index] = bytes[offset + index] }
      offset += count
    } else {
      for index in 0..<count { target[index] = stretched(Int(bytes[offset + index])) }
      offset += count
    }
  }

  private func stretched(_ sample: Int) -> UInt8 {
    if maximum == 65535 { return UInt8(sample >> 8) }
    let value = Double(min(sample, maximum)) / Double(maximum) * 255
    return UInt8(value.rounded(.toNearestOrEven))
  }

  /// Skips white space and comments, which run from `#` to the end of the line, and reads a decimal
  /// number.
  private static func readNumber(
    _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, within range: ClosedRange<Int>, row: Int
  ) throws(ImageError) -> Int {
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "#") {
        while offset < bytes.count, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset += 1 }
      } else if bytes[offset] == 0x20 || (0x09...0x0D).contains(bytes[offset]) {
        offset += 1
      } else {
        break
      }
    }
    guard offset < bytes.count else { throw .truncated(.netpbm, row: row) }
    let start = offset
    var value = 0
    while offset < bytes.count, case let digit = bytes[offset] &- UInt8(ascii: "0"), digit < 10 {
      value = 10 * value + Int(digit)
      guard value <= range.upperBound else { throw .malformedNetpbm(offset: start) }
      offset += 1
    }
    guard offset > start, range.contains(value) else { throw .malformedNetpbm(offset: start) }
    return value
  }
}
