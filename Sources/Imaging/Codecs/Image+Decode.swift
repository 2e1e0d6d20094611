// SPDX-License-Identifier: Apache-2.0
import Platform

extension Image {
  /// The bound on a picture's pixels unless the caller gives one: 300 MB of RGB.
  public static let defaultPixelLimit = 100_000_000

  /// Decodes a PNG, JPEG, PPM or PGM file, recognised by its content.
  ///
  /// The pixels are those that Pillow's `Image.open(…).convert("RGB")` gives: alpha is dropped,
  /// CMYK is Adobe's inverted kind, EXIF orientation is not applied. Of samples of 16 bits the
  /// upper 8 are kept (Pillow clips grey ones instead). Cut or corrupt files are errors, never half
  /// a picture.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> Image {
    var decoder = try RowDecoder(bytes, pixelLimit: pixelLimit)
    let (width, height, channels) = (decoder.width, decoder.height, decoder.channels)
    var pixels = [UInt8](repeating: 0, count: width * height * channels)
    var failure: ImageError?
    pixels.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      do throws(ImageError) {
        for row in 0..<height { try decoder.readRow(into: start + row * width * channels) }
      } catch {
        failure = error
      }
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
