// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging

/// A picture cut into parts that are alike: a number from 0 on for each pixel, row by row.
public struct Superpixels: Equatable, Sendable {
  /// How a picture is cut.
  public enum Method: String, CaseIterable, Sendable {
    case slic, quickshift, felzenszwalb, grid
  }

  /// The picture's, in pixels.
  public let width: Int
  /// The picture's, in pixels.
  public let height: Int
  /// Each pixel's part, row by row, from 0.
  public let labels: [Int]
  /// The number of parts.
  public let count: Int

  /// Renumbers the parts in the order in which they occur.
  public init(width: Int, height: Int, labels: [Int]) {
    precondition(labels.count == width * height, "each pixel is in one part")
    var names: [Int: Int] = [:]
    self.labels = labels.map { label in
      if let name = names[label] { return name }
      names[label] = names.count
      return names.count - 1
    }
    self.width = width
    self.height = height
    count = names.count
  }

  /// Cuts a picture into about `count` parts. Those of quickshift and of Felzenszwalb and
  /// Huttenlocher follow the picture: they are fewer where it is plain.
  public init(of image: Image, by method: Method, count: Int = 50, seed: UInt64 = 1) {
    let count = max(1, count)
    let area = Double(image.width * image.height)
    switch method {
    case .slic: self = .slic(image, count: count)
    case .grid: self = .grid(width: image.width, height: image.height, count: count)
    case .quickshift:
      // 224 × 224 pixels in 50 parts: about the 4 that lime takes.
      let kernelSize = max(1, (area / Double(count)).squareRoot() / 8)
      self = .quickshift(image, kernelSize: kernelSize, seed: seed)
    case .felzenszwalb:
      self = .felzenszwalb(image, scale: 50, smallest: Int(area / Double(4 * count)))
    }
  }

  /// Rectangles of about the same size.
  public static func grid(width: Int, height: Int, count: Int) -> Superpixels {
    let side = max(1, (Double(width * height) / Double(max(1, count))).squareRoot())
    let columns = max(1, Int((Double(width) / side).rounded()))
    let rows = max(1, Int((Double(height) / side).rounded()))
    return Superpixels(
      width: width, height: height,
      labels: (0..<width * height).map { pixel in
        (pixel / width * rows / height) * columns + pixel % width * columns / width
      })
  }

  /// The parts where each pixel of a picture `factor` times as large lies.
  public func enlarged(by factor: Int) -> Superpixels {
    let columns = width * factor
    return Superpixels(
      width: columns, height: height * factor,
      labels: (0..<labels.count * factor * factor).map {
        labels[$0 / columns / factor * width + $0 % columns / factor]
      })
  }
}

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
