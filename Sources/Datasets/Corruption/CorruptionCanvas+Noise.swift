// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

extension CorruptionCanvas {
  mutating func addGaussianNoise(_ index: Int, _ random: inout RandomGenerator) {
    let deviation: Float = [0.04, 0.06, 0.08, 0.09, 0.10][index]
    for place in values.indices { values[place] += deviation * random.normal() }
  }

  /// Each number as the count of so many photons.
  mutating func addShotNoise(_ index: Int, _ random: inout RandomGenerator) {
    let photons: Float = [500, 250, 100, 75, 50][index]
    for place in values.indices {
      values[place] = Float(Poisson.draw(Double(values[place] * photons), &random)) / photons
    }
  }

  /// Some numbers become 0 or 1.
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
      if log(v) + log(inverseAlpha) - log(a / (us * us) + b)
        <= -mean + count * log(mean) - lgamma(count + 1)
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
