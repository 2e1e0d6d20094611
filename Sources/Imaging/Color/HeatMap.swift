// SPDX-License-Identifier: Apache-2.0

/// A number for each pixel, such as a difference or an attribution.
public struct HeatMap: Equatable, Sendable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// `width · height` numbers, row by row from the top.
  public var values: [Float]

  /// - Precondition: `values` has `width · height` elements.
  public init(width: Int, height: Int, values: [Float]) {
    precondition(values.count == width * height, "a heat map has one value a pixel")
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// The range to show: from 0, or symmetric if a value is negative, up to the magnitude that
  /// `percentile` % of the values do not exceed. So a few outliers do not darken the rest. 0...1 if
  /// all values are 0.
  public func stretchedRange(percentile: Float = 99) -> ClosedRange<Float> {
    Self.stretchedRange(of: values, percentile: percentile)
  }

  /// The same for any values.
  public static func stretchedRange(
    of values: [Float], percentile: Float = 99
  ) -> ClosedRange<Float> {
    let magnitudes = values.filter { $0.isFinite }.map { $0.magnitude }.sorted()
    guard let largest = magnitudes.last, largest > 0 else { return 0...1 }
    let rank = Int((Float(magnitudes.count - 1) * percentile / 100).rounded())
    let chosen = magnitudes[min(max(rank, 0), magnitudes.count - 1)]
    let limit = chosen > 0 ? chosen : largest
    return values.contains { $0 < 0 } ? -limit...limit : 0...limit
  }

  /// The values as colours, `range` stretched over the whole map.
  public func image(_ map: ColorMap, range: ClosedRange<Float>) -> Image {
    let table = map.table
    let extent = range.upperBound - range.lowerBound
    let factor = extent > 0 ? 255 / extent : 0
    var image = Image(width: width, height: height)
    for index in 0..<values.count {
      let level = (values[index] - range.lowerBound) * factor + 0.5
      let color = table[level > 0 ? Int(min(level, 255)) : 0]
      image.pixels[3 * index] = color.red
      image.pixels[3 * index + 1] = color.green
      image.pixels[3 * index + 2] = color.blue
    }
    return image
  }

  /// The map at another size, linear between the centres of pixels and constant beyond the
  /// outermost.
  public func resized(width targetWidth: Int, height targetHeight: Int) -> HeatMap {
    precondition(!values.isEmpty && targetWidth > 0 && targetHeight > 0, "a heat map is empty")
    func position(_ target: Int, _ sourceCount: Int, _ targetCount: Int) -> (Int, Int, Float) {
      let center = (Float(target) + 0.5) * Float(sourceCount) / Float(targetCount) - 0.5
      let clamped = min(max(center, 0), Float(sourceCount - 1))
      let first = Int(clamped)
      return (first, min(first + 1, sourceCount - 1), clamped - Float(first))
    }
    var resized = [Float]()
    resized.reserveCapacity(targetWidth * targetHeight)
    for y in 0..<targetHeight {
      let (top, bottom, down) = position(y, height, targetHeight)
      for x in 0..<targetWidth {
        let (left, right, along) = position(x, width, targetWidth)
        let upper = values[top * width + left] * (1 - along) + values[top * width + right] * along
        let lower =
          values[bottom * width + left] * (1 - along) + values[bottom * width + right] * along
        resized.append(upper * (1 - down) + lower * down)
      }
    }
    return HeatMap(width: targetWidth, height: targetHeight, values: resized)
  }
}

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
