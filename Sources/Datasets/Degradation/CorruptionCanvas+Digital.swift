// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Kernels

extension CorruptionCanvas {
  mutating func addGaussianNoise(_ index: Int, _ random: inout RandomGenerator) {
    let deviation: Float = [0.04, 0.06, 0.08, 0.09, 0.10][index]
    for place in values.indices { values[place] += deviation * random.normal() }
  }

  /// Replaces each number by a count of photons.
  mutating func addShotNoise(_ index: Int, _ random: inout RandomGenerator) {
    let photons: Float = [500, 250, 100, 75, 50][index]
    for place in values.indices {
      values[place] = Float(Poisson.draw(Double(values[place] * photons), &random)) / photons
    }
  }

  /// Sets some numbers to 0 or 1.
  mutating func addImpulseNoise(_ index: Int, _ random: inout RandomGenerator) {
    let amount: Float = [0.01, 0.02, 0.03, 0.05, 0.07][index]
    for place in values.indices where random.uniform() <= amount {
      values[place] = random.uniform() <= 0.5 ? 1 : 0
    }
  }
}

/// Poisson's distribution.
enum Poisson {
  /// A draw, exact for every mean: by Knuth's product of uniform numbers below 10, else by
  /// Hörmann's transformed rejection (PTRS, 1993).
  static func draw(_ mean: Double, _ random: inout RandomGenerator) -> Int {
    guard mean >= 10 else { return product(mean, &random) }
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let limit = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = Double(random.uniform()) - 0.5
      let v = 1 - Double(random.uniform())
      let us = 0.5 - abs(u)
      let count = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07 && v <= limit { return Int(count) }
      guard count >= 0, us >= 0.013 || v <= us else { continue }
      if log(v) + log(inverseAlpha) - log(a / (us * us) + b) <= -mean + count * log(mean)
        - lgamma(count + 1)
      {
        return Int(count)
      }
    }
  }

  private static func product(_ mean: Double, _ random: inout RandomGenerator) -> Int {
    let limit = exp(-mean)
    var (count, product) = (0, 1.0)
    while true {
      product *= Double(random.uniform())
      if product <= limit { return count }
      count += 1
    }
  }
}

extension CorruptionCanvas {
  /// Moves each channel towards its mean.
  mutating func reduceContrast(_ index: Int) {
    let share: Float = [0.75, 0.5, 0.4, 0.3, 0.15][index]
    var sums = SIMD3<Double>.zero
    for (place, value) in values.enumerated() { sums[place % 3] += Double(value) }
    let means = SIMD3<Float>(sums / Double(width * height))
    for place in values.indices {
      values[place] = (values[place] - means[place % 3]) * share + means[place % 3]
    }
  }

  /// Applies a random affine map, then a smooth field of random shifts.
  mutating func bend(_ index: Int, _ random: inout RandomGenerator) {
    let side = Float(min(width, height))
    let (amount, sigma, move): (Float, Float, Float) = [
      (0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03),
    ][index]
    let map = AffineMap(
      width: width, height: height,
      moves: (0..<6).map { _ in move * side * (2 * random.uniform() - 1) })
    replacePixels { straight, y, x in
      let place = map.source(Float(x), Float(y))
      return straight.sample(place.y, place.x)
    }
    guard amount > 0 else { return }
    var shifts = [Float](repeating: 0, count: 3 * width * height)
    for channel in 0..<2 {
      for pixel in 0..<width * height { shifts[3 * pixel + channel] = 2 * random.uniform() - 1 }
    }
    GaussianBlur(sigma: sigma * side).apply(to: &shifts, width: width, height: height)
    replacePixels { bent, y, x in
      let start = 3 * (y * bent.width + x)
      return bent.sample(
        Float(y) + amount * side * shifts[start + 1], Float(x) + amount * side * shifts[start])
    }
  }
}

/// The affine map that moves three points around the middle.
private struct AffineMap {
  /// Maps a pixel to its place in the source: rows of a 2 × 3 matrix.
  private let inverse: (x: SIMD3<Float>, y: SIMD3<Float>)

  /// - Parameter moves: x and y of each point.
  init(width: Int, height: Int, moves: [Float]) {
    let reach = Float(max(1, min(width, height) / 3))
    let (cx, cy) = (Float(height / 2), Float(width / 2))
    let points = [(cx + reach, cy + reach), (cx + reach, cy - reach), (cx - reach, cy - reach)]
    let moved = points.indices.map {
      (points[$0].0 + moves[2 * $0], points[$0].1 + moves[2 * $0 + 1])
    }
    // A moved point comes from the point itself: two linear systems, solved by Cramer's rule.
    func determinant(_ a: SIMD3<Float>, _ b: SIMD3<Float>, _ c: SIMD3<Float>) -> Float {
      a.x * (b.y * c.z - c.y * b.z) - b.x * (a.y * c.z - c.y * a.z) + c.x * (a.y * b.z - b.y * a.z)
    }
    let xs = SIMD3(moved[0].0, moved[1].0, moved[2].0)
    let ys = SIMD3(moved[0].1, moved[1].1, moved[2].1)
    let ones = SIMD3<Float>(repeating: 1)
    let whole = determinant(xs, ys, ones)
    func row(_ right: SIMD3<Float>) -> SIMD3<Float> {
      SIMD3(determinant(right, ys, ones), determinant(xs, right, ones), determinant(xs, ys, right))
        / whole
    }
    inverse = (
      row(SIMD3(points[0].0, points[1].0, points[2].0)),
      row(SIMD3(points[0].1, points[1].1, points[2].1))
    )
  }

  func source(_ x: Float, _ y: Float) -> (x: Float, y: Float) {
    let point = SIMD3(x, y, 1)
    return ((inverse.x * point).sum(), (inverse.y * point).sum())
  }
}
