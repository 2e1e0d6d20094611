// SPDX-License-Identifier: Apache-2.0

extension HeatMap {
  /// How far two pictures are apart at each pixel: Σ_c |b_c − a_c| / (3 · 255), from 0 to 1.
  ///
  /// - Precondition: The pictures are of one size.
  public static func difference(_ a: Image, _ b: Image) -> HeatMap {
    precondition(a.width == b.width && a.height == b.height, "pictures differ in size")
    let values = (0..<a.width * a.height).map { pixel in
      var sum: Float = 0
      for channel in 3 * pixel..<3 * pixel + 3 {
        sum += (Float(b.pixels[channel]) - Float(a.pixels[channel])).magnitude
      }
      return sum / 765
    }
    return HeatMap(width: a.width, height: a.height, values: values)
  }
}
