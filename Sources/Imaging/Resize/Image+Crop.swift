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
}
