// SPDX-License-Identifier: Apache-2.0

extension Image {
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
  public init(
    width: Int, height: Int, floats: UnsafePointer<Float>, pixelStride: Int = 3
  ) {
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
