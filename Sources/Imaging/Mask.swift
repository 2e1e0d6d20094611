// SPDX-License-Identifier: Apache-2.0

/// One byte a pixel, row by row from the top: a grey picture, a selection (0 or 255), or labels of
/// segments.
public struct Mask: Equatable, Sendable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// `width · height` bytes.
  public var pixels: [UInt8]

  /// - Precondition: `pixels` has `width · height` elements.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height, "a mask has one byte a pixel")
    (self.width, self.height, self.pixels) = (width, height, pixels)
  }

  /// A mask of one value.
  public init(width: Int, height: Int, filledWith value: UInt8 = 0) {
    self.init(
      width: width, height: height, pixels: [UInt8](repeating: value, count: width * height))
  }

  /// The value as all three channels.
  public var image: Image {
    Image(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: 3 * pixels.count) { target, count in
        for index in 0..<pixels.count {
          for channel in 0..<3 { target[3 * index + channel] = pixels[index] }
        }
        count = 3 * pixels.count
      })
  }
}

extension Image {
  /// The luma of ITU-R BT.601, Y = 0.299 R + 0.587 G + 0.114 B, rounded, in 16-bit fixed point.
  public var luma: Mask {
    Mask(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: width * height) { target, count in
        for index in 0..<width * height {
          let red = 19595 &* UInt32(pixels[3 * index])
          let green = 38470 &* UInt32(pixels[3 * index + 1])
          let blue = 7471 &* UInt32(pixels[3 * index + 2])
          target[index] = UInt8(truncatingIfNeeded: (red &+ green &+ blue &+ 0x8000) &>> 16)
        }
        count = width * height
      })
  }
}
