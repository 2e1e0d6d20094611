// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
public import Platform

extension Image {
  /// The bound on a picture's pixels unless the caller gives one: 300 MB of RGB.
  public static let defaultPixelLimit = 100_000_000

  /// Decodes a PNG, JPEG, PPM or PGM file, recognised by its content.
  ///
  /// The pixels are those that Pillow's `ImageOps.exif_transpose(Image.open(…)).convert("RGB")`
  /// gives: upright, without alpha, CMYK as Adobe's inverted kind. 16-bit samples of PNG, PPM and
  /// PGM files keep their upper 8 bits (Pillow clips grey ones). Truncated or corrupt files are
  /// errors, never partial pictures.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> Image {
    var decoder = try RowDecoder(bytes, pixelLimit: pixelLimit)
    let (width, height, channels) = (decoder.width, decoder.height, decoder.channels)
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    var failure: ImageError?
    pixels.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      do throws(ImageError) { try decoder.readAll(into: start) } catch { failure = error }
    }
    if let failure { throw failure }
    return channels == 1
      ? Mask(width: width, height: height, pixels: pixels).image
      : Image(width: width, height: height, pixels: pixels)
  }

  /// See ``decode(_:pixelLimit:)-(UnsafeRawBufferPointer,_)``.
  public static func decode(
    _ bytes: [UInt8], pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> Image {
    try bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
      try decode(UnsafeRawBufferPointer(bytes), pixelLimit: pixelLimit)
    }
  }

  /// Reads and decodes the file at `path`, whatever its name ends in.
  public init(contentsOfFile path: String, pixelLimit: Int = defaultPixelLimit) throws(ImageError) {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .copied) } catch {
      throw .file(error)
    }
    defer { withExtendedLifetime(file) {} }
    self = try Image.decode(file.bytes, pixelLimit: pixelLimit)
  }

  /// The picture as a PNG file of 8-bit RGB.
  public func encodedPNG() throws(ImageError) -> [UInt8] {
    try encode(pixels, width: width, height: height, channels: 3, as: .png, quality: 0)
  }

  /// The picture as a JPEG file, its chroma halved both ways (4:2:0).
  /// - Parameter quality: From 1 to 100; libjpeg's scale, and Pillow's default.
  public func encodedJPEG(quality: Int = 75) throws(ImageError) -> [UInt8] {
    precondition((1...100).contains(quality), "a JPEG's quality is from 1 to 100")
    return try encode(
      pixels, width: width, height: height, channels: 3, as: .jpeg, quality: Int32(quality))
  }

  /// The picture as a binary PPM file (P6).
  public func encodedPPM() -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "P"), UInt8(ascii: "6"), 0x0A]
    bytes.reserveCapacity(32 + pixels.count)
    for (number, end) in [(width, UInt8(0x20)), (height, 0x0A), (255, 0x0A)] {
      appendDecimal(number, to: &bytes)
      bytes.append(end)
    }
    bytes.append(contentsOf: pixels)
    return bytes
  }

  /// Writes the picture to `path` atomically, in the format of the name's ending.
  /// - Parameter quality: Of a JPEG.
  public func write(to path: String, quality: Int = 75) throws(ImageError) {
    switch ImageFormat(path: path) {
    case .png: try writePNG(to: path)
    case .jpeg: try write(try encodedJPEG(quality: quality), to: path)
    case .netpbm: try write(encodedPPM(), to: path)
    case nil: throw .unknownExtension
    }
  }

  /// Writes a PNG file atomically, whatever its name. Programs that call only this do not link the
  /// other encoders.
  package func writePNG(to path: String) throws(ImageError) {
    try write(try encodedPNG(), to: path)
  }

  private func write(_ bytes: [UInt8], to path: String) throws(ImageError) {
    do throws(FileError) { try AtomicFile.write(bytes, to: path) } catch { throw .file(error) }
  }
}

extension Mask {
  /// The mask as a PNG file of 8-bit grey.
  public func encodedPNG() throws(ImageError) -> [UInt8] {
    try encode(pixels, width: width, height: height, channels: 1, as: .png, quality: 0)
  }
}

private func encode(
  _ pixels: [UInt8], width: Int, height: Int, channels: Int32, as format: ImageFormat,
  quality: Int32
) throws(ImageError) -> [UInt8] {
  guard !pixels.isEmpty else { throw .empty }
  let header = ocelli_image_header(width: Int64(width), height: Int64(height), channels: channels)
  var encoded: UnsafeMutablePointer<UInt8>?
  var byteCount = 0
  let status = pixels.withUnsafeBufferPointer { pixels in
    format == .png
      ? ocelli_png_encode(pixels.baseAddress, header, &encoded, &byteCount)
      : ocelli_jpeg_encode(pixels.baseAddress, header, quality, &encoded, &byteCount)
  }
  defer { ocelli_codec_free(encoded) }
  guard status == OCELLI_CODEC_OK else {
    throw status == OCELLI_CODEC_TOO_LARGE
      ? .sideTooLong(format, width: width, height: height) : ImageError(status, format, row: 0)
  }
  return [UInt8](UnsafeBufferPointer(start: encoded, count: byteCount))
}

private func appendDecimal(_ number: Int, to bytes: inout [UInt8]) {
  if number >= 10 { appendDecimal(number / 10, to: &bytes) }
  bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
}

extension RowDecoder {
  /// Writes the upright picture.
  fileprivate mutating func readAll(into target: UnsafeMutablePointer<UInt8>) throws(ImageError) {
    guard orientation.isTransposed else {
      for _ in 0..<rowCount { try readRow(into: target + position * rowLength * channels) }
      return
    }
    var column = [UInt8](repeating: 0, count: rowLength * channels)
    for _ in 0..<rowCount {
      let first = position * channels
      try readRow(into: &column)
      for y in 0..<rowLength {
        for channel in 0..<channels {
          target[y * rowCount * channels + first + channel] = column[y * channels + channel]
        }
      }
    }
  }
}

/// Why a picture could not be read or written. Rows count from 0; offsets are bytes from the start
/// of the file.
public enum ImageError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Check that the file was copied or downloaded: it has no bytes. (Written: it has no pixels.)
  case empty
  /// Convert the picture to PNG, JPEG, PPM or PGM: its first bytes are of none of these.
  case unknownFormat
  /// Copy or download the file again: it ends before this row of the picture (row 0: possibly in
  /// the header).
  case truncated(ImageFormat, row: Int)
  /// Copy or download the file again: its bytes contradict the format at this row (row 0: possibly
  /// in the header).
  case corrupt(ImageFormat, row: Int)
  /// Correct the PPM or PGM header or number at this offset.
  case malformedNetpbm(offset: Int)
  /// Scale the picture down, or raise the limit: it has more pixels, or longer sides, than allowed.
  case tooLarge(width: Int, height: Int, pixelLimit: Int)
  /// Scale the picture down, or choose another format: the format has no sides as long as these.
  case sideTooLong(ImageFormat, width: Int, height: Int)
  /// Convert the picture to RGB or grey of 8 bits: this kind of the format is not read.
  case unsupported(ImageFormat)
  /// Install libjpeg-turbo's headers (Debian: libjpeg62-turbo-dev) and build again, or convert to
  /// PNG.
  case builtWithoutJPEG
  /// Free memory, or scale the picture down.
  case outOfMemory
  /// Name the file .png, .jpg, .jpeg or .ppm.
  case unknownExtension
  /// The system refused the file: see the operation and the code.
  case file(FileError)

  /// What is wrong, without the numbers; follows the file's name.
  public var summary: StaticString {
    switch self {
    case .empty: "is empty"
    case .unknownFormat: "is not a PNG, JPEG, PPM or PGM picture"
    case .truncated: "ends before its picture does"
    case .corrupt: "is corrupt"
    case .malformedNetpbm: "has a malformed PPM or PGM header or number"
    case .tooLarge: "has more pixels than allowed"
    case .sideTooLong: "has sides too long for its format"
    case .unsupported: "is of a kind of its format that is not read; convert it to 8-bit RGB"
    case .builtWithoutJPEG: "is a JPEG, which this build does not read; convert it to PNG"
    case .outOfMemory: "does not fit in memory"
    case .unknownExtension: "does not end in .png, .jpg, .jpeg or .ppm"
    case .file(let error): error.summary
    }
  }

  /// The summary with its numbers, such as "ends before its picture does (PNG, row 17)".
  public var description: String {
    switch self {
    case .truncated(let format, let row), .corrupt(let format, let row):
      "\(summary) (\(format.name), row \(row))"
    case .malformedNetpbm(let offset): "\(summary) (at byte \(offset))"
    case .tooLarge(let width, let height, let limit):
      "\(summary) (\(width)x\(height); at most \(limit) pixels, sides up to 65535)"
    case .sideTooLong(let format, let width, let height):
      "\(summary) (\(format.name), \(width)x\(height))"
    case .file(let error): error.problem
    default: "\(summary)"
    }
  }
}

extension ImageFormat {
  fileprivate var name: String {
    switch self {
    case .png: "PNG"
    case .jpeg: "JPEG"
    case .netpbm: "PPM/PGM"
    }
  }
}

/// A picture format that can be read and written.
public enum ImageFormat: Sendable {
  case png
  case jpeg
  /// PPM and PGM, as text (P2, P3) or bytes (P5, P6).
  case netpbm

  /// Recognises a file by its first bytes.
  package init?(content bytes: UnsafeRawBufferPointer) {
    func starts(with signature: StaticString) -> Bool {
      let count = signature.utf8CodeUnitCount
      guard bytes.count >= count else { return false }
      for index in 0..<count where bytes[index] != signature.utf8Start[index] { return false }
      return true
    }
    if bytes.count >= 3, bytes[0] == 0xFF, bytes[1] == 0xD8, bytes[2] == 0xFF {
      self = .jpeg
    } else if bytes.count >= 4, bytes[0] == 0x89, bytes[1] == 0x50, bytes[2] == 0x4E,
      bytes[3] == 0x47
    {
      self = .png
    } else if starts(with: "P2") || starts(with: "P3") || starts(with: "P5") || starts(with: "P6") {
      self = .netpbm
    } else {
      return nil
    }
  }

  /// The format for a file name's ending, in upper or lower case.
  package init?(path: String) {
    if path.ends(with: ".png") {
      self = .png
    } else if path.ends(with: ".jpg") || path.ends(with: ".jpeg") {
      self = .jpeg
    } else if path.ends(with: ".ppm") {
      self = .netpbm
    } else {
      return nil
    }
  }

  /// Whether a file's name is that of a picture.
  package static func isPictureName(_ name: String) -> Bool {
    ImageFormat(path: name) != nil || name.ends(with: ".pgm")
  }
}

extension String {
  /// Whether the text ends in these lower-case letters, ignoring case.
  fileprivate func ends(with ending: StaticString) -> Bool {
    var end = utf8.suffix(ending.utf8CodeUnitCount).makeIterator()
    for index in 0..<ending.utf8CodeUnitCount {
      guard let byte = end.next() else { return false }
      let isCapital = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      guard (isCapital ? byte + 32 : byte) == ending.utf8Start[index] else { return false }
    }
    return true
  }
}

/// How the stored pixels of a picture have to be turned to stand upright: EXIF's tag 0x0112
/// (CIPA DC-008, 4.6.5.1.6).
///
///     value            1  2  3  4  5  6  7  8
///     mirrorsColumns      ×  ×           ×  ×
///     mirrorsRows            ×  ×     ×  ×
///     isTransposed                 ×  ×  ×  ×
///
/// Mirroring comes first: with all three, pixel (x, y) of the upright picture is the stored pixel
/// (width − 1 − y, height − 1 − x).
package struct Orientation: Equatable, Sendable {
  package var mirrorsColumns = false
  package var mirrorsRows = false
  /// Whether stored rows are columns of the upright picture.
  package var isTransposed = false

  /// Upright as it is stored.
  package init() {}

  package init(mirrorsColumns: Bool, mirrorsRows: Bool, isTransposed: Bool) {
    (self.mirrorsColumns, self.mirrorsRows) = (mirrorsColumns, mirrorsRows)
    self.isTransposed = isTransposed
  }

  /// The orientation that an EXIF block names. Upright where the block is damaged, names none, or
  /// names one that does not exist: then viewers turn nothing either.
  package init(exif bytes: UnsafeRawBufferPointer) {
    guard let value = Self.value(in: TIFFBlock(bytes)) else { return }
    mirrorsColumns = [2, 3, 7, 8].contains(value)
    mirrorsRows = [3, 4, 6, 7].contains(value)
    isTransposed = (5...8).contains(value)
  }

  private static func value(in block: TIFFBlock?) -> Int? {
    guard let block, let directory = block.long(at: 4), let count = block.short(at: directory)
    else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = block.short(at: start) else { return nil }
      if tag != 0x0112 { continue }
      // A SHORT; some writers take a LONG.
      return block.short(at: start + 2) == 4
        ? block.long(at: start + 8) : block.short(at: start + 8)
    }
    return nil
  }
}

/// Numbers in a block of TIFF, which EXIF is made of; offsets count from its start.
private struct TIFFBlock {
  private let bytes: UnsafeRawBufferPointer
  private let isLittleEndian: Bool

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return nil }
    switch (bytes[0], bytes[1]) {
    case (0x49, 0x49): isLittleEndian = true
    case (0x4D, 0x4D): isLittleEndian = false
    default: return nil
    }
    self.bytes = bytes
  }

  func short(at offset: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - 2 else { return nil }
    let (first, second) = (Int(bytes[offset]), Int(bytes[offset + 1]))
    return isLittleEndian ? second << 8 | first : first << 8 | second
  }

  /// `nil` for numbers from 2³⁰, which no block is long enough for.
  func long(at offset: Int) -> Int? {
    guard let first = short(at: offset), let second = short(at: offset + 2) else { return nil }
    let (low, high) = isLittleEndian ? (first, second) : (second, first)
    return high < 1 << 14 ? high << 16 | low : nil
  }
}
