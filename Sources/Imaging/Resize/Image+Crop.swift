// SPDX-License-Identifier: Apache-2.0

extension Image {
  /// The part of the picture whose upper left pixel is at (`x`, `y`).
  ///
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

  /// The middle of the picture; sides that are shorter than asked for stay whole. An odd remainder
  /// leaves the extra pixel to the right and below.
  public func centerCropped(width cropWidth: Int, height cropHeight: Int) -> Image {
    let (cropWidth, cropHeight) = (min(width, cropWidth), min(height, cropHeight))
    return cropped(
      x: (width - cropWidth) / 2, y: (height - cropHeight) / 2, width: cropWidth,
      height: cropHeight)
  }

  /// The picture at another size: all of it, or the largest part in the middle that has the
  /// proportion of the target.
  package func fitted(width: Int, height: Int, keepingProportion: Bool) -> Image {
    (keepingProportion ? middle(width: width, height: height) : self)
      .resized(width: width, height: height)
  }

  /// The largest part in the middle whose sides are in the proportion of `width` to `height`.
  func middle(width: Int, height: Int) -> Image {
    let part = middlePart(of: (self.width, self.height), like: (width, height))
    return part.width == self.width && part.height == self.height
      ? self : cropped(x: part.x, y: part.y, width: part.width, height: part.height)
  }
}

/// The largest part in the middle of `source` that has the proportion of `target`; its sides are
/// rounded to the nearest pixel, and are at least one.
func middlePart(
  of source: (width: Int, height: Int), like target: (width: Int, height: Int)
) -> (x: Int, y: Int, width: Int, height: Int) {
  let scale = min(
    Double(source.width) / Double(target.width), Double(source.height) / Double(target.height))
  func side(_ target: Int, _ source: Int) -> Int {
    min(source, max(1, Int((Double(target) * scale).rounded())))
  }
  let (width, height) = (side(target.width, source.width), side(target.height, source.height))
  return ((source.width - width) / 2, (source.height - height) / 2, width, height)
}
