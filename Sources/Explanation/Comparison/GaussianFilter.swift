// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The mean of each pixel's neighbourhood by a Gaussian's weights, with an image mirrored at its
/// border, the outermost pixels repeated: SciPy's `gaussian_filter` of mode `reflect`.
struct GaussianFilter {
  let radius: Int
  private let weights: [Double]

  /// - Parameter radius: how far a neighbourhood reaches; `nil` for four deviations.
  init(sigma: Double, radius: Int? = nil) {
    let radius = radius ?? Int(4 * sigma + 0.5)
    let values = (-radius...radius).map {
      sigma > 0 ? exp(-Double($0 * $0) / (2 * sigma * sigma)) : 1
    }
    let sum = values.reduce(0, +)
    self.radius = radius
    weights = values.map { $0 / sum }
  }

  /// One channel's pixels, row by row.
  func applied(to plane: [Double], height: Int, width: Int) -> [Double] {
    let columns = pass(plane, count: height, step: width, lines: width, lineStep: 1)
    return pass(columns, count: width, step: 1, lines: height, lineStep: width)
  }

  /// Filters `lines` rows of `count` pixels that are `step` apart.
  private func pass(
    _ source: [Double], count: Int, step: Int, lines: Int, lineStep: Int
  ) -> [Double] {
    var result = source
    var line = [Double](repeating: 0, count: count + 2 * radius)
    for start in stride(from: 0, to: lines * lineStep, by: lineStep) {
      for place in line.indices {
        line[place] = source[start + Self.mirrored(place - radius, count) * step]
      }
      for place in 0..<count {
        var sum = 0.0
        for (offset, weight) in weights.enumerated() { sum += weight * line[place + offset] }
        result[start + place * step] = sum
      }
    }
    return result
  }

  private static func mirrored(_ index: Int, _ count: Int) -> Int {
    let place = ((index % (2 * count)) + 2 * count) % (2 * count)
    return place < count ? place : 2 * count - 1 - place
  }
}
