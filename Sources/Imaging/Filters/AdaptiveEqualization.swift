// SPDX-License-Identifier: Apache-2.0

/// Contrast-limited adaptive histogram equalisation (CLAHE; Zuiderveld, Graphics Gems IV, 1994) as
/// in OpenCV: each tile has a table of levels, and a pixel is interpolated between the tables of
/// the four tiles around it.
package struct AdaptiveEqualization: Sendable {
  /// The most pixels of a tile that one level may have, as a multiple of its even share; the rest
  /// is spread over all levels. 0 for no limit.
  package let limit: Float
  private let columns = 4
  private let rows = 4

  private static let levels = 256

  package init(limit: Float) { self.limit = limit }

  /// - Parameter pixels: `height × width` levels.
  package func apply(to pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    let isEven = width % columns == 0 && height % rows == 0
    // Tiles are of one size: the picture is reflected beyond its right and lower edge.
    let tileWidth = isEven ? width / columns : width / columns + 1
    let tileHeight = isEven ? height / rows : height / rows + 1
    let tables = (0..<rows * columns).map { tile in
      table(
        histogram(
          of: pixels, width, height, x: tile % columns * tileWidth, y: tile / columns * tileHeight,
          tileWidth, tileHeight), pixelCount: tileWidth * tileHeight)
    }
    let across = (0..<width).map { Blend($0, tileWidth, tileCount: columns) }
    let down = (0..<height).map { Blend($0, tileHeight, tileCount: rows) }
    return pixels.indices.map { index in
      let (level, x, y) = (Int(pixels[index]), across[index % width], down[index / width])
      func row(_ row: Int) -> Float {
        tables[row * columns + x.first][level] * (1 - x.share)
          + tables[row * columns + x.second][level] * x.share
      }
      let value = row(y.first) * (1 - y.share) + row(y.second) * y.share
      return UInt8(value.rounded(.toNearestOrEven))
    }
  }

  private func histogram(
    of pixels: [UInt8], _ width: Int, _ height: Int, x: Int, y: Int, _ tileWidth: Int,
    _ tileHeight: Int
  ) -> [Int] {
    var counts = [Int](repeating: 0, count: Self.levels)
    for row in y..<y + tileHeight {
      let start = MirroredBorder.withoutEdge.index(row, below: height) * width
      for column in x..<x + tileWidth {
        let place = MirroredBorder.withoutEdge.index(column, below: width)
        counts[Int(pixels[start + place])] += 1
      }
    }
    return counts
  }

  /// What each level becomes.
  private func table(_ counts: [Int], pixelCount: Int) -> [Float] {
    var counts = counts
    if limit > 0 {
      let most = max(1, Int(limit * Float(pixelCount) / Float(Self.levels)))
      let excess = counts.reduce(0) { $0 + max(0, $1 - most) }
      let (each, rest) = excess.quotientAndRemainder(dividingBy: Self.levels)
      counts = counts.map { min($0, most) + each }
      if rest > 0 {
        let step = max(1, Self.levels / rest)
        for place in 0..<rest where place * step < Self.levels { counts[place * step] += 1 }
      }
    }
    let scale = Float(Self.levels - 1) / Float(pixelCount)
    var sum = 0
    return counts.map { count in
      sum += count
      return min(255, (Float(sum) * scale).rounded(.toNearestOrEven))
    }
  }

  /// The tiles on both sides of a pixel along one axis, and the share of the second.
  private struct Blend {
    let first: Int
    let second: Int
    let share: Float

    init(_ pixel: Int, _ tileSide: Int, tileCount: Int) {
      let place = Float(pixel) * (1 / Float(tileSide)) - 0.5
      let before = place.rounded(.down)
      share = place - before
      first = max(Int(before), 0)
      second = min(Int(before) + 1, tileCount - 1)
    }
  }
}
