// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A Gaussian blur of RGB floats, by rows and then by columns, the border reflected without
/// repeating the edge.
///
/// y[i] = Σₖ w[k] · x[i + k], w[k] ∝ exp(-k² / 2σ²), |k| ≤ ⌈3σ⌉, Σ w = 1.
package struct GaussianBlur {
  private let weights: [Float]
  private let radius: Int

  package init(sigma: Float) {
    let radius = Int((3 * sigma).rounded(.up))
    let raw = (-radius...radius).map { exp(-Double($0 * $0) / (2 * Double(sigma) * Double(sigma))) }
    let sum = raw.reduce(0, +)
    weights = raw.map { Float($0 / sum) }
    self.radius = radius
  }

  package func apply(to pixels: inout [Float], width: Int, height: Int) {
    var rows = pixels
    for y in 0..<height {
      accumulate(
        from: pixels, to: &rows, start: 3 * y * width, count: width, pixelStride: 3)
    }
    for x in 0..<width {
      accumulate(
        from: rows, to: &pixels, start: 3 * x, count: height, pixelStride: 3 * width)
    }
  }

  /// Blurs one line of `count` pixels that lie `pixelStride` floats apart.
  private func accumulate(
    from source: [Float], to target: inout [Float], start: Int, count: Int, pixelStride: Int
  ) {
    for index in 0..<count {
      var sum = SIMD3<Float>()
      for (tap, weight) in weights.enumerated() {
        let place = start + pixelStride * Self.reflected(index + tap - radius, below: count)
        sum += weight * SIMD3(source[place], source[place + 1], source[place + 2])
      }
      let place = start + pixelStride * index
      for channel in 0..<3 { target[place + channel] = sum[channel] }
    }
  }

  /// `index` reflected as often as it takes: a blur may be wider than the picture.
  package static func reflected(_ index: Int, below count: Int) -> Int {
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let place = ((index % period) + period) % period
    return min(place, period - place)
  }
}
