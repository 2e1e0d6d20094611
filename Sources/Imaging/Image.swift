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
    (self.width, self.height, self.pixels) = (width, height, pixels)
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

  /// Writes each channel as `value / 255`, row by row, three floats a pixel that start
  /// `pixelStride` floats apart.
  public func store(into target: UnsafeMutablePointer<Float>, pixelStride: Int = 3) {
    pixels.withUnsafeBufferPointer { pixels in
      if pixelStride == 3 {
        for index in pixels.indices { target[index] = Float(pixels[index]) / 255 }
      } else {
        for pixel in 0..<width * height {
          for channel in 0..<3 {
            target[pixel * pixelStride + channel] = Float(pixels[3 * pixel + channel]) / 255
          }
        }
      }
    }
  }

  /// The picture of three floats a pixel, clamped to [0, 1] and rounded to the nearest of 256
  /// levels; NaN is black.
  public init(width: Int, height: Int, floats: UnsafePointer<Float>, pixelStride: Int = 3) {
    let count = 3 * width * height
    self.init(
      width: width, height: height,
      pixels: [UInt8](unsafeUninitializedCapacity: count) { target, initializedCount in
        if pixelStride == 3 {
          for index in 0..<count { target[index] = byte(floats[index]) }
        } else {
          for pixel in 0..<width * height {
            for channel in 0..<3 {
              target[3 * pixel + channel] = byte(floats[pixel * pixelStride + channel])
            }
          }
        }
        initializedCount = count
      })
  }
}

/// The nearest of the 256 levels to a value in [0, 1]; clamps, and takes NaN for 0.
@inline(__always) func byte(_ value: Float) -> UInt8 {
  let clamped = value > 0 ? (value < 1 ? value : 1) : 0
  // From 2^23 on floats are whole: the sum rounds (halves to even) and its lowest byte is the
  // level.
  return UInt8(truncatingIfNeeded: (clamped * 255 + 0x1p23).bitPattern)
}

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
