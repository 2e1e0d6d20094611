// SPDX-License-Identifier: Apache-2.0

/// An sRGB picture of 8 bits a channel: red, green and blue of each pixel side by side, row by row
/// from the top.
public struct Image: Equatable, Sendable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// `3 · width · height` bytes.
  public var pixels: [UInt8]

  /// - Precondition: `pixels` has `3 · width · height` elements.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == 3 * width * height, "an image has three bytes a pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A picture of one colour.
  public init(
    width: Int, height: Int, filledWith color: (red: UInt8, green: UInt8, blue: UInt8) = (0, 0, 0)
  ) {
    var pixels = [UInt8](repeating: color.red, count: 3 * width * height)
    for index in 0..<width * height {
      pixels[3 * index + 1] = color.green
      pixels[3 * index + 2] = color.blue
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
