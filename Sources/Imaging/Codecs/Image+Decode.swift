// SPDX-License-Identifier: Apache-2.0
import Platform

extension Image {
  /// The bound on a picture's pixels unless the caller gives one: 300 MB of RGB.
  public static let defaultPixelLimit = 100_000_000

  /// Decodes a PNG, JPEG, PPM or PGM file, recognised by its content.
  ///
  /// The pixels are those that Pillow's `Image.open(…).convert("RGB")` gives: alpha is dropped,
  /// CMYK is Adobe's inverted kind. The picture stands upright, as after `ImageOps.exif_transpose`.
  /// Of samples of 16 bits the upper 8 are kept, in PNG, PPM and PGM files alike (Pillow clips grey
  /// ones instead). Cut or corrupt
  /// files are errors, never half a picture.
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
