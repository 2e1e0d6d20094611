// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
package import Platform

/// Reads a picture row by row, in the order in which it is stored, without holding all of it in
/// memory.
///
/// Where the EXIF orientation asks for it, each row is mirrored. Rows from the bottom up, and rows
/// that are columns of the upright picture, are for the caller to put in place (``Orientation``).
///
/// Bytes in memory must outlive the decoder. After an error it must not be asked for more rows.
package struct RowDecoder: ~Copyable {
  package let format: ImageFormat
  /// Pixels of a stored row.
  let rowLength: Int
  /// Stored rows.
  let rowCount: Int
  let orientation: Orientation
  /// 1: grey, 3: red, green, blue.
  package let channels: Int
  private var row = 0
  private var source: Source

  /// What must live as long as the decoder.
  private let file: StreamedFile?

  private enum Source {
    case png(OpaquePointer)
    case jpeg(OpaquePointer)
    case netpbm(NetpbmReader)
  }

  /// Reads the header, and checks it before anything of the picture's size is allocated.
  package init(_ bytes: UnsafeRawBufferPointer, pixelLimit: Int) throws(ImageError) {
    self.init(try Self.open(bytes, pixelLimit: pixelLimit), nil)
  }

  /// Reads a PNG or a JPEG piece by piece.
  package init(_ file: StreamedFile, _ format: ImageFormat, pixelLimit: Int) throws(ImageError) {
    let source = ocelli_byte_source(bytes: nil, byteCount: file.byteCount, file: file.descriptor)
    self.init(try Self.open(source, format, pixelLimit), file)
  }

  private typealias Opened = (source: Source, format: ImageFormat, header: ocelli_image_header)

  private init(_ opened: Opened, _ file: StreamedFile?) {
    self.file = file
    source = opened.source
    format = opened.format
    rowLength = Int(opened.header.width)
    rowCount = Int(opened.header.height)
    channels = Int(opened.header.channels)
    orientation = Self.orientation(opened.source)
  }

  /// The sides of the upright picture.
  package var width: Int { orientation.isTransposed ? rowCount : rowLength }
  package var height: Int { orientation.isTransposed ? rowLength : rowCount }

  /// The row or column of the upright picture that the next row is.
  var position: Int { orientation.mirrorsRows ? rowCount - 1 - row : row }

  private static func orientation(_ source: Source) -> Orientation {
    var count = 0
    let exif: UnsafePointer<UInt8>? =
      switch source {
      case .png(let decoder): ocelli_png_exif(decoder, &count)
      case .jpeg(let decoder): ocelli_jpeg_exif(decoder, &count)
      case .netpbm: nil
      }
    return Orientation(exif: UnsafeRawBufferPointer(start: exif, count: count))
  }

  private static func open(_ bytes: UnsafeRawBufferPointer, pixelLimit: Int) throws(ImageError)
    -> Opened
  {
    guard bytes.count > 0 else { throw .empty }
    guard let format = ImageFormat(content: bytes) else { throw .unknownFormat }
    guard format == .netpbm else {
      let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
      return try open(
        ocelli_byte_source(bytes: start, byteCount: bytes.count, file: -1), format, pixelLimit)
    }
    let reader = try NetpbmReader(bytes, pixelLimit: largestLimit(pixelLimit))
    let header = ocelli_image_header(
      width: Int64(reader.width), height: Int64(reader.height), channels: Int32(reader.channels))
    return (.netpbm(reader), format, header)
  }

  /// So that a picture's bytes can be counted in 32 bits.
  private static func largestLimit(_ pixelLimit: Int) -> Int { min(pixelLimit, Int.max / 4) }

  private static func open(
    _ bytes: ocelli_byte_source, _ format: ImageFormat, _ pixelLimit: Int
  ) throws(ImageError) -> Opened {
    let pixelLimit = largestLimit(pixelLimit)
    var header = ocelli_image_header()
    var decoder: OpaquePointer?
    let status =
      format == .png
      ? ocelli_png_open(bytes, Int64(pixelLimit), &decoder, &header)
      : ocelli_jpeg_open(bytes, Int64(pixelLimit), &decoder, &header)
    guard status == OCELLI_CODEC_OK, let decoder else {
      throw status == OCELLI_CODEC_TOO_LARGE
        ? .tooLarge(
          width: Int(clamping: header.width), height: Int(clamping: header.height),
          pixelLimit: pixelLimit) : ImageError(status, format, row: 0)
    }
    return (format == .png ? .png(decoder) : .jpeg(decoder), format, header)
  }

  deinit {
    switch source {
    case .png(let decoder): ocelli_png_close(decoder)
    case .jpeg(let decoder): ocelli_jpeg_close(decoder)
    case .netpbm: break
    }
  }

  /// Writes the next `rowLength · channels` bytes to `target`.
  /// - Precondition: Fewer than `rowCount` rows have been read.
  package mutating func readRow(into target: UnsafeMutablePointer<UInt8>) throws(ImageError) {
    precondition(row < rowCount, "all rows have been read")
    switch source {
    case .png(let decoder): try check(ocelli_png_next_row(decoder, target))
    case .jpeg(let decoder): try check(ocelli_jpeg_next_row(decoder, target))
    case .netpbm(var reader):
      try reader.readRow(row, into: target)
      source = .netpbm(reader)
    }
    row += 1
    if orientation.mirrorsColumns { mirror(target) }
  }

  private func mirror(_ pixels: UnsafeMutablePointer<UInt8>) {
    for left in 0..<rowLength / 2 {
      let right = rowLength - 1 - left
      for channel in 0..<channels {
        let byte = pixels[left * channels + channel]
        pixels[left * channels + channel] = pixels[right * channels + channel]
        pixels[right * channels + channel] = byte
      }
    }
  }

  private func check(_ status: ocelli_codec_status) throws(ImageError) {
    guard status == OCELLI_CODEC_OK else { throw ImageError(status, format, row: row) }
  }
}

extension ImageError {
  init(_ status: ocelli_codec_status, _ format: ImageFormat, row: Int) {
    self =
      switch status {
      case OCELLI_CODEC_TRUNCATED: .truncated(format, row: row)
      case OCELLI_CODEC_UNSUPPORTED: .unsupported(format)
      case OCELLI_CODEC_OUT_OF_MEMORY: .outOfMemory
      case OCELLI_CODEC_MISSING: .builtWithoutJPEG
      default: .corrupt(format, row: row)
      }
  }
}

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
    guard width <= 65535, height <= 65535, Int64(width) * Int64(height) <= Int64(pixelLimit) else {
      throw .tooLarge(width: width, height: height, pixelLimit: pixelLimit)
    }

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
  mutating func readRow(_ row: Int, into target: UnsafeMutablePointer<UInt8>) throws(ImageError) {
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
