// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Scenes

extension CorruptionCanvas {
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
    layer.smear(
      radius: c[4] * unit, sigma: c[5] * unit, angle: random.uniform(-135 ..< -45))
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
