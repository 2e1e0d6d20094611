// SPDX-License-Identifier: Apache-2.0
public import Platform

extension Image {
  /// The picture at another size; the bytes are those of Pillow's `Image.resize` with the filter of
  /// that name.
  ///
  /// Columns are resized first, as in Pillow up to 12. Pillow 13 takes the rows first where the
  /// height shrinks by more than the width, and a byte of its result can then differ by one.
  /// - Precondition: Neither picture is empty.
  public func resized(
    width targetWidth: Int, height targetHeight: Int, filter: ResampleFilter = .bilinear
  ) -> Image {
    Image(
      width: targetWidth, height: targetHeight,
      pixels: resizedPixels(
        pixels, from: (width, height), to: (targetWidth, targetHeight), channels: 3, filter: filter)
    )
  }
}

extension Mask {
  /// See ``Image/resized(width:height:filter:)``.
  public func resized(
    width targetWidth: Int, height targetHeight: Int, filter: ResampleFilter = .bilinear
  ) -> Mask {
    Mask(
      width: targetWidth, height: targetHeight,
      pixels: resizedPixels(
        pixels, from: (width, height), to: (targetWidth, targetHeight), channels: 1, filter: filter)
    )
  }
}

extension Image {
  /// Decodes a picture at another size without holding the original in memory (except for
  /// interlaced PNG and progressive JPEG). The bytes are those of decoding and then resizing.
  ///
  /// Rows are kept only as long as an output row needs them, at output width. Those of a picture
  /// that lies on its side (EXIF orientations 5 to 8) are kept at full length, about
  /// 2 · (rows ÷ output columns) of them: 0.8 MB for 12 megapixels at 96×96.
  /// - Parameter keepingProportion: whether to crop to the target's proportion first.
  public static func decode(
    _ bytes: UnsafeRawBufferPointer, resizedToWidth targetWidth: Int, height targetHeight: Int,
    keepingProportion: Bool = false, filter: ResampleFilter = .bilinear,
    pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> Image {
    guard filter != .nearest else {
      let image = try decode(bytes, pixelLimit: pixelLimit)
      return (keepingProportion ? image.middle(width: targetWidth, height: targetHeight) : image)
        .resized(width: targetWidth, height: targetHeight, filter: .nearest)
    }
    var decoder = try RowDecoder(bytes, pixelLimit: pixelLimit)
    return try decoder.image(
      resizedTo: (targetWidth, targetHeight), keepingProportion: keepingProportion, filter: filter)
  }

  /// The same for a file; a PNG or a JPEG is read piece by piece.
  public static func decode(
    _ file: StreamedFile, resizedToWidth targetWidth: Int, height targetHeight: Int,
    keepingProportion: Bool = false, pixelLimit: Int = defaultPixelLimit
  ) throws(ImageError) -> Image {
    let head: [UInt8]
    do throws(FileError) { head = try file.head(8) } catch { throw .file(error) }
    let format = head.withUnsafeBytes { ImageFormat(content: $0) }
    if let format, format != .netpbm {
      var decoder = try RowDecoder(file, format, pixelLimit: pixelLimit)
      return try decoder.image(
        resizedTo: (targetWidth, targetHeight), keepingProportion: keepingProportion,
        filter: .bilinear)
    }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try file.head(file.byteCount) } catch { throw .file(error) }
    return try bytes.withUnsafeBufferPointer { bytes throws(ImageError) in
      try decode(
        UnsafeRawBufferPointer(bytes), resizedToWidth: targetWidth, height: targetHeight,
        keepingProportion: keepingProportion, pixelLimit: pixelLimit)
    }
  }
}

extension RowDecoder {
  /// All rows, reduced or enlarged as they come.
  fileprivate mutating func image(
    resizedTo target: (width: Int, height: Int), keepingProportion: Bool, filter: ResampleFilter
  ) throws(ImageError) -> Image {
    let part =
      keepingProportion
      ? middlePart(of: (width, height), like: target) : (x: 0, y: 0, width: width, height: height)
    var row = [UInt8](repeating: 0, count: rowLength * channels)
    var pixels = [UInt8](repeating: 0, count: target.width * target.height * channels)
    var resampler = RowResampler(
      from: (part.width, part.height), to: target, channels: channels, filter: filter,
      orientation: orientation)
    let (kept, skipped) =
      orientation.isTransposed
      ? (part.x..<part.x + part.width, part.y) : (part.y..<part.y + part.height, part.x)
    for _ in 0..<rowCount {
      let isKept = kept.contains(position)
      try readRow(into: &row)
      guard isKept else { continue }
      row.withUnsafeBufferPointer { row in
        guard let start = row.baseAddress else { return }
        resampler.push(start + skipped * channels, into: &pixels)
      }
    }
    return channels == 1
      ? Mask(width: target.width, height: target.height, pixels: pixels).image
      : Image(width: target.width, height: target.height, pixels: pixels)
  }
}

private func resizedPixels(
  _ pixels: [UInt8], from source: (width: Int, height: Int), to target: (width: Int, height: Int),
  channels: Int, filter: ResampleFilter
) -> [UInt8] {
  precondition(!pixels.isEmpty && target.width > 0 && target.height > 0, "a picture is empty")
  guard source != target else { return pixels }
  return [UInt8](unsafeUninitializedCapacity: target.width * target.height * channels) {
    picture, count in
    pixels.withUnsafeBufferPointer { pixels in
      guard let from = pixels.baseAddress, let into = picture.baseAddress else { return }
      if filter == .nearest {
        pickNearest(from, source, into: into, target, channels: channels)
      } else {
        var resampler = RowResampler(from: source, to: target, channels: channels, filter: filter)
        for y in 0..<source.height {
          resampler.push(from + y * source.width * channels, into: into)
        }
      }
    }
    count = target.width * target.height * channels
  }
}

/// The pixel under the centre of each output pixel. Positions are summed up step by step, as Pillow
/// does, so that they round alike.
private func pickNearest(
  _ from: UnsafePointer<UInt8>, _ source: (width: Int, height: Int),
  into: UnsafeMutablePointer<UInt8>, _ target: (width: Int, height: Int), channels: Int
) {
  func positions(_ sourceCount: Int, _ targetCount: Int) -> [Int] {
    let step = Double(sourceCount) / Double(targetCount)
    var position = step * 0.5
    return (0..<targetCount).map { _ in
      defer { position += step }
      return min(Int(position), sourceCount - 1)
    }
  }
  let columns = positions(source.width, target.width)
  let rows = positions(source.height, target.height)
  for y in 0..<target.height {
    let sourceRow = from + rows[y] * source.width * channels
    let targetRow = into + y * target.width * channels
    for x in 0..<target.width {
      for channel in 0..<channels {
        targetRow[x * channels + channel] = sourceRow[columns[x] * channels + channel]
      }
    }
  }
}

extension Image {
  /// The part of the picture whose upper left pixel is at (`x`, `y`).
  /// - Precondition: The part lies within the picture.
  public func cropped(x: Int, y: Int, width cropWidth: Int, height cropHeight: Int) -> Image {
    precondition(
      x >= 0 && y >= 0 && cropWidth >= 0 && cropHeight >= 0 && x <= width - cropWidth
        && y <= height - cropHeight, "a crop lies within its picture")
    var part = [UInt8]()
    part.reserveCapacity(3 * cropWidth * cropHeight)
    for row in y..<y + cropHeight {
      let start = 3 * (row * width + x)
      part.append(contentsOf: pixels[start..<start + 3 * cropWidth])
    }
    return Image(width: cropWidth, height: cropHeight, pixels: part)
  }

  /// The picture at another size: all of it, or the largest part in the middle that has the
  /// proportion of the target.
  package func fitted(width: Int, height: Int, keepingProportion: Bool) -> Image {
    (keepingProportion ? middle(width: width, height: height) : self).resized(
      width: width, height: height)
  }

  /// The largest centred part with the proportion of `width` to `height`.
  func middle(width: Int, height: Int) -> Image {
    let part = middlePart(of: (self.width, self.height), like: (width, height))
    return part.width == self.width && part.height == self.height
      ? self : cropped(x: part.x, y: part.y, width: part.width, height: part.height)
  }
}

/// The largest centred part of `source` with the proportion of `target`; sides are rounded and at
/// least 1.
func middlePart(of source: (width: Int, height: Int), like target: (width: Int, height: Int)) -> (
  x: Int, y: Int, width: Int, height: Int
) {
  let scale = min(
    Double(source.width) / Double(target.width), Double(source.height) / Double(target.height))
  func side(_ target: Int, _ source: Int) -> Int {
    min(source, max(1, Int((Double(target) * scale).rounded())))
  }
  let (width, height) = (side(target.width, source.width), side(target.height, source.height))
  return ((source.width - width) / 2, (source.height - height) / 2, width, height)
}
