// SPDX-License-Identifier: Apache-2.0
import CImageCodecs
import Platform

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
  public init(
    contentsOfFile path: String, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) {
    let file: ReadableFile
    do throws(FileError) {
      file = try ReadableFile(path: path, access: .copied)
    } catch {
      throw .file(error)
    }
    defer { withExtendedLifetime(file) {} }
    self = try Image.decode(file.bytes, pixelLimit: pixelLimit)
  }
}

extension Image {
  /// The picture as a PNG file of 8-bit RGB.
  public func encodedPNG() throws(ImageError) -> [UInt8] {
    try encode(pixels, width: width, height: height, channels: 3, as: .png, quality: 0)
  }

  /// The picture as a JPEG file, its chroma halved both ways (4:2:0).
  ///
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
  ///
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
  let header = ocelli_image_header(
    width: Int64(width), height: Int64(height), channels: channels)
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
      ? .sideTooLong(format, width: width, height: height)
      : ImageError(status, format, row: 0)
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
      for _ in 0..<rowCount {
        try readRow(into: target + position * rowLength * channels)
      }
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
