// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Kernels

extension CorruptionCanvas {
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
}
