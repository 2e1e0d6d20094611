// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Kernels
import Scenes

/// A picture that is being corrupted, in floats from 0 to 1.
struct CorruptionCanvas {
  let width: Int
  let height: Int
  /// Three a pixel, row by row.
  var values: [Float]

  init(_ image: Image) {
    width = image.width
    height = image.height
    values = image.pixels.map { Float($0) / 255 }
  }

  init(width: Int, height: Int, values: [Float]) {
    (self.width, self.height, self.values) = (width, height, values)
  }

  /// The picture in rounded, clamped levels.
  var image: Image {
    Image(
      width: width, height: height,
      pixels: values.map { UInt8(min(max($0 * 255, 0), 255).rounded()) })
  }

  /// The scale of lengths: 1 for a picture of 32 pixels a side.
  var unit: Float { Float(min(width, height)) / 32 }

  /// The pixel at a place inside the picture.
  func pixel(_ y: Int, _ x: Int) -> SIMD3<Float> {
    let start = 3 * (y * width + x)
    return SIMD3(values[start], values[start + 1], values[start + 2])
  }

  /// Computes each pixel from the picture as it was and from the pixel's place.
  mutating func replacePixels(
    _ body: (_ source: CorruptionCanvas, _ y: Int, _ x: Int) -> SIMD3<Float>
  ) {
    let source = self
    var result = values
    for y in 0..<height {
      for x in 0..<width {
        let value = body(source, y, x)
        for channel in 0..<3 { result[3 * (y * width + x) + channel] = value[channel] }
      }
    }
    values = result
  }

  /// Interpolates between the centres of pixels; mirrors at the border.
  func sample(_ y: Float, _ x: Float) -> SIMD3<Float> {
    let (top, left) = (y.rounded(.down), x.rounded(.down))
    let (down, along) = (y - top, x - left)
    func pixel(_ dy: Int, _ dx: Int) -> SIMD3<Float> {
      self.pixel(
        MirroredBorder.withoutEdge.index(Int(top) + dy, below: height),
        MirroredBorder.withoutEdge.index(Int(left) + dx, below: width))
    }
    let upper = pixel(0, 0) * (1 - along) + pixel(0, 1) * along
    let lower = pixel(1, 0) * (1 - along) + pixel(1, 1) * along
    return upper * (1 - down) + lower * down
  }

  /// The middle of the picture, enlarged to its whole size: SciPy's linear `zoom` of the middle
  /// ⌈side / factor⌉ pixels, trimmed.
  func zoomed(by factor: Double) -> CorruptionCanvas {
    func axis(_ count: Int) -> (start: Float, step: Float) {
      let part = Int((Double(count) / factor).rounded(.up))
      let enlarged = Int((Double(part) * factor).rounded(.toNearestOrEven))
      let step = enlarged > 1 ? Float(part - 1) / Float(enlarged - 1) : 0
      let trim = Float((enlarged - count) / 2)
      return (Float((count - part) / 2) + trim * step, step)
    }
    let (rows, columns) = (axis(height), axis(width))
    var result = self
    result.replacePixels { source, y, x in
      source.sample(rows.start + Float(y) * rows.step, columns.start + Float(x) * columns.step)
    }
    return result
  }

  /// Smears the picture in one direction by half a Gaussian, as ImageMagick's motion blur does; the
  /// outermost pixels are repeated beyond the border.
  /// - Parameter angle: in degrees, clockwise from the right.
  mutating func smear(radius: Float, sigma: Float, angle: Float) {
    let count = 2 * Int(radius.rounded(.up)) + 1
    let weights = (0..<count).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
    let sum = weights.reduce(0, +)
    let (right, down) = (cos(angle * .pi / 180), sin(angle * .pi / 180))
    let offsets = (0..<count).map { step in
      (
        y: Int((Float(step) * down - 0.5).rounded(.up)),
        x: Int((Float(step) * right - 0.5).rounded(.up))
      )
    }
    replacePixels { source, y, x in
      var total = SIMD3<Float>.zero
      for (offset, weight) in zip(offsets, weights) {
        let row = min(max(y + offset.y, 0), source.height - 1)
        let column = min(max(x + offset.x, 0), source.width - 1)
        total += weight * source.pixel(row, column)
      }
      return total / sum
    }
  }

  /// Spreads each point over a disc with a smooth edge.
  mutating func defocus(_ index: Int) {
    let (radius, alias): (Float, Float) = [
      (0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1),
    ][index]
    let disc = Self.disc(radius: radius * unit, alias: alias)
    let reach = (Int(Double(disc.count).squareRoot()) - 1) / 2
    let taps = disc.enumerated().filter { $0.element > 0 }.map { place, weight in
      (y: place / (2 * reach + 1) - reach, x: place % (2 * reach + 1) - reach, weight: weight)
    }
    replacePixels { source, y, x in
      taps.reduce(SIMD3<Float>.zero) { sum, tap in
        let pixel = source.pixel(
          MirroredBorder.withoutEdge.index(y + tap.y, below: source.height),
          MirroredBorder.withoutEdge.index(x + tap.x, below: source.width))
        return sum + tap.weight * pixel
      }
    }
  }

  /// The weights of a disc that is smoothed by a small Gaussian.
  private static func disc(radius: Float, alias: Float) -> [Float] {
    let (reach, edge) = (Int(max(radius, 0).rounded(.up)) + 2, radius <= 8 ? 1 : 2)
    let side = 2 * reach + 1
    let inside = (0..<side * side).map { place -> Float in
      let (y, x) = (Float(place / side - reach), Float(place % side - reach))
      return y * y + x * x <= radius * radius ? 1 : 0
    }
    let area = inside.reduce(0, +)
    let weights = (-edge...edge).map { exp(-Float($0 * $0) / (2 * alias * alias)) }
    let sum = weights.reduce(0, +)
    return inside.indices.map { place in
      var total: Float = 0
      for (dy, down) in zip(-edge...edge, weights) {
        for (dx, along) in zip(-edge...edge, weights) {
          let (y, x) = (place / side + dy, place % side + dx)
          guard y >= 0, x >= 0, y < side, x < side else { continue }
          total += down * along * inside[y * side + x]
        }
      }
      return total / (area * sum * sum)
    }
  }

  /// Moves pixels to random places nearby, between two slight blurs.
  mutating func lookThroughGlass(_ index: Int, _ random: inout RandomGenerator) {
    let (sigma, reach, rounds): (Float, Float, Int) = [
      (0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2),
    ][index]
    let blur = GaussianBlur(sigma: sigma * unit)
    blur.apply(to: &values, width: width, height: height)
    let delta = max(1, Int((reach * unit).rounded()))
    for _ in 0..<rounds {
      for y in stride(from: height - delta, to: delta, by: -1) {
        for x in stride(from: width - delta, to: delta, by: -1) {
          let dx = random.index(below: 2 * delta) - delta
          let dy = random.index(below: 2 * delta) - delta
          // CIFAR-10-C's code means to swap the two, but copies one.
          for channel in 0..<3 {
            values[3 * (y * width + x) + channel] =
              values[3 * ((y + dy) * width + x + dx) + channel]
          }
        }
      }
    }
    blur.apply(to: &values, width: width, height: height)
  }

  mutating func move(_ index: Int, _ random: inout RandomGenerator) {
    let (radius, sigma): (Float, Float) = [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)][index]
    smear(radius: radius * unit, sigma: sigma * unit, angle: random.uniform(-45..<45))
  }

  /// Averages the picture with ever closer views of its middle.
  mutating func zoom(_ index: Int) {
    let count = [7, 12, 16, 21, 26][index]
    var sums = values
    for step in 0..<count {
      // Counts as NumPy's `arange` does, whose last bit decides how a size is rounded.
      let view = zoomed(by: 1 + Double(step) * (1.01 - 1))
      for place in sums.indices { sums[place] += view.values[place] }
    }
    values = sums.map { $0 / Float(count + 1) }
  }

  /// Draws flakes that fall at an angle, in front of a whiter picture.
  mutating func addSnow(_ index: Int, _ random: inout RandomGenerator) {
    let c: [Float] = [
      [0.1, 0.2, 1, 0.6, 8, 3, 0.95], [0.1, 0.2, 1, 0.5, 10, 4, 0.9],
      [0.15, 0.3, 1.75, 0.55, 10, 4, 0.9], [0.25, 0.3, 2.25, 0.6, 12, 6, 0.85],
      [0.3, 0.3, 1.25, 0.65, 14, 12, 0.8],
    ][index]
    let noise = (0..<width * height).map { _ in c[0] + c[1] * random.normal() }
    var layer = CorruptionCanvas(
      width: width, height: height, values: noise.flatMap { [$0, $0, $0] }
    ).zoomed(by: Double(max(1, c[2] * unit)))
    // Rounded to 256 levels before it is smeared.
    layer.values = layer.values.map { $0 < c[3] ? 0 : (min($0, 1) * 255).rounded(.down) / 255 }
    layer.smear(radius: c[4] * unit, sigma: c[5] * unit, angle: random.uniform(-135 ..< -45))
    replacePixels { source, y, x in
      let pixel = source.pixel(y, x)
      let grey = (pixel * SIMD3(0.299, 0.587, 0.114)).sum()
      let white = pointwiseMax(pixel, SIMD3(repeating: grey * 1.5 + 0.5))
      let flakes = layer.pixel(y, x) + layer.pixel(layer.height - 1 - y, layer.width - 1 - x)
      return c[6] * pixel + (1 - c[6]) * white + flakes
    }
  }

  /// Covers the picture with ice: needles where a smooth noise is near one half.
  mutating func addFrost(_ index: Int, _ random: inout RandomGenerator) {
    let (ofPicture, ofIce): (Float, Float) = [
      (1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45),
    ][index]
    let (coarse, fine) = (ValueNoise(using: &random), ValueNoise(using: &random))
    let ice = SIMD3<Float>(0.86, 0.93, 1)
    let scale = 1 / unit
    func needle(_ noise: Float) -> Float {
      let ridge = 1 - abs(2 * noise - 1)
      return ridge * ridge * ridge
    }
    replacePixels { source, y, x in
      let (u, v) = (Float(x) * scale, Float(y) * scale)
      let needles = max(
        needle(fine.smooth((u + v) / 11, (u - v) / 4)), needle(coarse.smooth(u / 4, v / 9)))
      let cover = coarse.twoOctaves(u / 8 + 40, v / 8)
      return ofPicture * source.pixel(y, x) + ofIce * ice * min(1, 0.3 * cover + needles)
    }
  }

  /// Adds a white plasma and keeps the brightest level.
  mutating func addFog(_ index: Int, _ random: inout RandomGenerator) {
    let (amount, decay): (Float, Double) = [(0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)][
      index]
    let most = values.max() ?? 0
    let plasma = PlasmaFractal(side: max(width, height), decay: decay, random: &random)
    replacePixels { source, y, x in
      let fog = amount * plasma[y, x]
      return (source.pixel(y, x) + SIMD3(repeating: fog)) * (most / (most + amount))
    }
  }

  /// Raises the value in HSV; hue and saturation stay.
  mutating func brighten(_ index: Int) {
    let amount: Float = [0.05, 0.1, 0.15, 0.2, 0.3][index]
    replacePixels { source, y, x in
      let pixel = source.pixel(y, x)
      let value = pixel.max()
      let brighter = min(value + amount, 1)
      return value > 0 ? pixel * (brighter / value) : SIMD3(repeating: brighter)
    }
  }
}

/// A landscape of heights from 0 to 1 by the diamond-square algorithm, on a torus whose side is a
/// power of two.
struct PlasmaFractal {
  private let side: Int
  private var heights: [Double]

  /// - Parameters:
  ///   - side: at least so many heights a side.
  ///   - decay: by how much the noise shrinks when the distance is halved.
  init(side wanted: Int, decay: Double, random: inout RandomGenerator) {
    var side = 1
    while side < wanted { side *= 2 }
    self.side = side
    heights = [Double](repeating: 0, count: side * side)
    var wibble = 100.0
    var step = side
    while step >= 2 {
      let half = step / 2
      // First the centres of the squares, then those of both kinds of diamonds around them.
      fill(
        (half, half), step, wibble, [(-half, -half), (-half, half), (half, -half), (half, half)])
      let cross = [(-half, 0), (half, 0), (0, -half), (0, half)]
      for start in [(0, half), (half, 0)] { fill(start, step, wibble, cross) }
      step /= 2
      wibble /= decay
    }
    let (least, most) = (heights.min() ?? 0, heights.max() ?? 0)
    heights = heights.map { most > least ? ($0 - least) / (most - least) : 0 }

    func fill(
      _ start: (row: Int, column: Int), _ step: Int, _ wibble: Double, _ corners: [(Int, Int)]
    ) {
      for row in stride(from: start.row, to: side, by: step) {
        for column in stride(from: start.column, to: side, by: step) {
          let sum = corners.reduce(0) {
            $0 + heights[(row + $1.0 + side) % side * side + (column + $1.1 + side) % side]
          }
          let noise = wibble * (2 * Double(random.uniform()) - 1)
          heights[row * side + column] = sum / 4 + wibble * noise
        }
      }
    }
  }

  subscript(row: Int, column: Int) -> Float { Float(heights[row * side + column]) }
}
