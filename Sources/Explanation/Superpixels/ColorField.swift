// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging

/// A picture's colours as numbers that clustering works on: a vector for each pixel, row by row.
struct ColorField {
  let width: Int
  let height: Int
  private(set) var colors: [SIMD3<Double>]

  /// Red, green and blue in [0, 1].
  init(_ image: Image) {
    width = image.width
    height = image.height
    colors = (0..<image.width * image.height).map { pixel in
      SIMD3<Double>(SIMD3<UInt8>((0..<3).map { image.pixels[3 * pixel + $0] })) / 255
    }
  }

  /// The least of all numbers becomes 0 and the largest 1.
  var stretched: ColorField {
    let least = colors.map { $0.min() }.min() ?? 0
    let extent = (colors.map { $0.max() }.max() ?? 0) - least
    return mapped { ($0 - least) / (extent > 0 ? extent : 1) }
  }

  /// sRGB in [0, 1] to CIELAB under D65.
  var lab: ColorField {
    func linear(_ value: Double) -> Double {
      value > 0.04045 ? pow((value + 0.055) / 1.055, 2.4) : value / 12.92
    }
    func root(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
    return mapped { color in
      let (r, g, b) = (linear(color.x), linear(color.y), linear(color.z))
      let x = root((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047)
      let y = root(0.212671 * r + 0.715160 * g + 0.072169 * b)
      let z = root((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883)
      return SIMD3(116 * y - 16, 500 * (x - y), 200 * (y - z))
    }
  }

  func scaled(by factor: Double) -> ColorField { mapped { $0 * factor } }

  func smoothed(sigma: Double) -> ColorField {
    let blur = GaussianBlur(likeSciPy: sigma)
    let planes = (0..<3).map { channel in
      blur.applied(to: colors.map { $0[channel] }, width: width, height: height)
    }
    var result = self
    result.colors = colors.indices.map { SIMD3(planes[0][$0], planes[1][$0], planes[2][$0]) }
    return result
  }

  /// The square of two pixels' distance in colour.
  func squaredDistance(_ a: Int, _ b: Int) -> Double {
    let difference = colors[a] - colors[b]
    let squares = difference * difference
    return squares.x + squares.y + squares.z
  }

  private func mapped(_ change: (SIMD3<Double>) -> SIMD3<Double>) -> ColorField {
    var result = self
    result.colors = colors.map(change)
    return result
  }
}
