// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A Gaussian blur, by rows and by columns; beyond its border a picture goes on as its mirror
/// image.
///
/// y[i] = Σₖ w[k] · x[i + k], w[k] ∝ exp(−k² / 2σ²), |k| ≤ `radius`, Σ w = 1.
package struct GaussianBlur: Sendable {
  /// How many neighbours on each side a pixel is mixed with.
  package let radius: Int
  private let weights: [Double]
  private let border: MirroredBorder
  private let startsWithRows: Bool

  /// Reaches ⌈3σ⌉ pixels far, and mirrors without the outermost pixel.
  package init(sigma: Float) {
    self.init(
      Double(sigma), radius: Int((3 * sigma).rounded(.up)), .withoutEdge, startsWithRows: true)
  }

  /// SciPy's `gaussian_filter` of mode `reflect`, which mirrors the outermost pixel, too.
  /// - Parameter radius: SciPy's own, four deviations, where it is `nil`.
  package init(likeSciPy sigma: Double, radius: Int? = nil) {
    self.init(sigma, radius: radius ?? Int(4 * sigma + 0.5), .withEdge, startsWithRows: false)
  }

  private init(_ sigma: Double, radius: Int, _ border: MirroredBorder, startsWithRows: Bool) {
    let powers = (-radius...radius).map {
      sigma > 0 ? exponential(-Double($0 * $0) / (2 * sigma * sigma)) : 1
    }
    let sum = powers.reduce(0, +)
    weights = powers.map { $0 / sum }
    (self.radius, self.border, self.startsWithRows) = (radius, border, startsWithRows)
  }

  /// Blurs `height × width × channels` floats.
  package func apply(to pixels: inout [Float], width: Int, height: Int, channels: Int = 3) {
    let weights = weights.map { Float($0) }
    apply(&pixels, weights, width, height, channels)
  }

  /// The blurred copy of one channel, `height × width`, computed in doubles.
  package func applied(to plane: [Double], width: Int, height: Int) -> [Double] {
    var result = plane
    apply(&result, weights, width, height, 1)
    return result
  }

  private func apply<Scalar: BinaryFloatingPoint>(
    _ values: inout [Scalar], _ weights: [Scalar], _ width: Int, _ height: Int, _ channels: Int
  ) {
    for isRow in [startsWithRows, !startsWithRows] {
      if isRow {
        blur(&values, weights, lines: height, count: width, step: channels)
      } else {
        blur(&values, weights, lines: 1, count: height, step: width * channels)
      }
    }
  }

  /// Blurs `lines` lines of `count` pixels, each of them `step` numbers.
  private func blur<Scalar: BinaryFloatingPoint>(
    _ values: inout [Scalar], _ weights: [Scalar], lines: Int, count: Int, step: Int
  ) {
    let places = (-radius..<count + radius).map { border.index($0, below: count) * step }
    let source = values
    values.withUnsafeMutableBufferPointer { values in
      source.withUnsafeBufferPointer { source in
        for pixel in 0..<lines * count {
          let (target, line) = (pixel * step, pixel / count * count * step)
          for index in target..<target + step { values[index] = 0 }
          for tap in 0..<weights.count {
            let (weight, from) = (weights[tap], line + places[pixel % count + tap])
            for index in 0..<step { values[target + index] += weight * source[from + index] }
          }
        }
      }
    }
  }
}

/// How a row of pixels goes on beyond its border: as its mirror image, again and again.
package enum MirroredBorder: Sendable {
  /// … c b | a b c d | c b …
  case withoutEdge
  /// … b a | a b c d | d c …
  case withEdge

  /// The pixel in `0..<count` that stands at `index`.
  package func index(_ index: Int, below count: Int) -> Int {
    if count <= 1 { return 0 }
    let period = self == .withEdge ? 2 * count : 2 * (count - 1)
    let place = ((index % period) + period) % period
    return place < count ? place : (self == .withEdge ? period - 1 : period) - place
  }
}

/// eˣ for x ≤ 0, to 0.501 ulp and without the C library: the same bits on every machine.
///
/// x = n ln 2 + 256 s: the Taylor series of eˢ − 1 in twice the precision, squared eight times by
/// (1 + p)² − 1 = 2p + p².
private func exponential(_ x: Double) -> Double {
  guard x > -700 else { return 0 }
  let n = (x * 0x1.71547652b82fep0).rounded()
  // ln 2 in two parts; the first has so few bits that its product with n is exact.
  let s = sum((x - n * 0x1.62e42feep-1) / 256, -n * 0x1.a39ef35793c76p-33 / 256)
  let square = product(s, s)
  let rest =
    s.high * square.high * (1 / 6.0 + s.high * (1 / 24.0 + s.high * (1 / 120.0 + s.high / 720)))
  var p = sum(s.high, square.high / 2)
  p = sum(p.high, p.low + (s.low + square.low / 2 + rest))
  for _ in 0..<8 {
    let square = product(p, p)
    let high = sum(2 * p.high, square.high)
    p = sum(high.high, high.low + (2 * p.low + square.low))
  }
  let one = sum(1, p.high)
  let power = Double(bitPattern: UInt64(1023 + Int64(n)) << 52)
  return (one.high + (one.low + p.low)) * power
}

/// A number as the sum of two, the second at most half a unit in the last place of the first.
private typealias DoubleDouble = (high: Double, low: Double)

/// a + b exactly, |a| ≥ |b|.
private func sum(_ a: Double, _ b: Double) -> DoubleDouble {
  let high = a + b
  return (high, b - (high - a))
}

private func product(_ a: DoubleDouble, _ b: DoubleDouble) -> DoubleDouble {
  let high = a.high * b.high
  return sum(high, (-high).addingProduct(a.high, b.high) + (a.high * b.low + a.low * b.high))
}

/// A filter without anything to learn, to hold a trained enhancer against.
package enum FixedFilter: Equatable, Sendable {
  /// x + amount · (x − x blurred by σ).
  case unsharpMask(sigma: Float, amount: Float)
  /// The values between two percentiles of the image, spread over the whole range.
  case stretch(low: Float, high: Float)
  /// x^γ.
  case gamma(Float)
  /// g + factor · (x − g), g the pixel's luma (ITU-R BT.601).
  case saturation(Float)
  /// `AdaptiveEqualization` of the luma.
  case equalization(limit: Float)
  /// Sharpened, then saturated.
  case sharpenAndSaturate(amount: Float, factor: Float)

  /// The filtered image; values are clamped to the range and rounded once, at the end.
  package func apply(to image: Image) -> Image {
    var pixels = image.pixels.map { Float($0) / 255 }
    apply(&pixels, width: image.width, height: image.height)
    return Image(
      width: image.width, height: image.height,
      pixels: pixels.map { UInt8((min(1, max(0, $0)) * 255).rounded()) })
  }

  private func apply(_ pixels: inout [Float], width: Int, height: Int) {
    switch self {
    case .unsharpMask(let sigma, let amount):
      var blurred = pixels
      GaussianBlur(sigma: sigma).apply(to: &blurred, width: width, height: height)
      for index in pixels.indices { pixels[index] += amount * (pixels[index] - blurred[index]) }
    case .stretch(let low, let high):
      let sorted = pixels.sorted()
      func percentile(_ share: Float) -> Float {
        sorted[min(sorted.count - 1, Int((share * Float(sorted.count - 1)).rounded()))]
      }
      let (floor, ceiling) = (percentile(low), percentile(high))
      guard ceiling > floor else { return }
      for index in pixels.indices { pixels[index] = (pixels[index] - floor) / (ceiling - floor) }
    case .gamma(let gamma):
      // Numbers are levels still: a table of 256 powers serves all.
      let powers = (0..<256).map { level in
        ElementaryFunctions.exp(gamma * ElementaryFunctions.log(Float(level) / 255))
      }
      for index in pixels.indices { pixels[index] = powers[Int((pixels[index] * 255).rounded())] }
    case .saturation(let factor):
      for index in stride(from: 0, to: pixels.count, by: 3) {
        let luma = Self.luma(of: pixels, at: index)
        for c in index..<index + 3 { pixels[c] = luma + factor * (pixels[c] - luma) }
      }
    case .equalization(let limit):
      let luma = stride(from: 0, to: pixels.count, by: 3).map { index in
        UInt8(min(255, 255 * Self.luma(of: pixels, at: index)).rounded())
      }
      let equalized = AdaptiveEqualization(limit: limit).apply(
        to: luma, width: width, height: height)
      for index in pixels.indices {
        pixels[index] += (Float(equalized[index / 3]) - Float(luma[index / 3])) / 255
      }
    case .sharpenAndSaturate(let amount, let factor):
      FixedFilter.unsharpMask(sigma: 1, amount: amount).apply(&pixels, width: width, height: height)
      FixedFilter.saturation(factor).apply(&pixels, width: width, height: height)
    }
  }

  /// ITU-R BT.601's, of the pixel whose first number is at `index`.
  private static func luma(of pixels: [Float], at index: Int) -> Float {
    0.299 * pixels[index] + 0.587 * pixels[index + 1] + 0.114 * pixels[index + 2]
  }
}

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
        tables[row * columns + x.first][level] * (1 - x.share) + tables[row * columns + x.second][
          level] * x.share
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
