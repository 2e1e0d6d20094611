// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging

/// A picture cut into parts that are alike: a number from 0 on for each pixel, row by row.
public struct Superpixels: Equatable, Sendable {
  public let width: Int
  public let height: Int
  public let labels: [Int]
  public let count: Int

  /// Numbers parts anew, in the order in which they are met.
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

  /// Squares of about the same size.
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

  /// Simple linear iterative clustering (Achanta et al., 2012): k-means over colour, in CIELAB, and
  /// place, each centre looking at twice its share of the picture; parts that are not connected are
  /// split, and small ones join a neighbour.
  ///
  /// - Parameters:
  ///   - count: about so many parts.
  ///   - compactness: how much a distance in place counts beside one in colour.
  public static func slic(
    _ image: Image, count: Int = 50, compactness: Double = 10
  ) -> Superpixels {
    var clusters = Clusters(image, count: count, compactness: compactness)
    for _ in 0..<10 { clusters.iterate() }
    return Superpixels(
      width: image.width, height: image.height,
      labels: clusters.connected(smallest: image.width * image.height / max(1, count) / 4))
  }

  /// Whether a pixel's right or lower neighbour is in another part.
  public func isBoundary(_ pixel: Int) -> Bool {
    let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
    return x + 1 < width && labels[pixel] != labels[pixel + 1]
      || y + 1 < height && labels[pixel] != labels[pixel + width]
  }
}

/// The centres and what belongs to them.
private struct Clusters {
  private let width: Int
  private let height: Int
  private let colors: [SIMD3<Double>]
  private let spacing: Double
  private let compactness: Double
  private var centers: [(color: SIMD3<Double>, x: Double, y: Double)] = []
  private var labels: [Int]

  init(_ image: Image, count: Int, compactness: Double) {
    width = image.width
    height = image.height
    colors = Self.smoothed(
      (0..<image.width * image.height).map { Self.lab(image.pixels, 3 * $0) }, width, height)
    spacing = max(1, (Double(width * height) / Double(max(1, count))).squareRoot())
    self.compactness = compactness
    let grid = Superpixels.grid(width: width, height: height, count: count)
    labels = grid.labels
    centers = [(color: SIMD3<Double>, x: Double, y: Double)](
      repeating: (.zero, 0, 0), count: grid.count)
    moveCenters()
  }

  /// Gives each pixel to the nearest centre, and moves the centres.
  mutating func iterate() {
    var distances = [Double](repeating: .infinity, count: labels.count)
    let reach = Int(spacing.rounded(.up))
    let ratio = compactness / spacing * (compactness / spacing)
    for (index, center) in centers.enumerated() {
      let rows = max(0, Int(center.y) - reach)..<min(height, Int(center.y) + reach + 1)
      let columns = max(0, Int(center.x) - reach)..<min(width, Int(center.x) + reach + 1)
      for y in rows {
        for x in columns {
          let pixel = y * width + x
          let change = colors[pixel] - center.color
          let (dx, dy) = (Double(x) - center.x, Double(y) - center.y)
          let distance = (change * change).sum() + ratio * (dx * dx + dy * dy)
          if distance < distances[pixel] {
            distances[pixel] = distance
            labels[pixel] = index
          }
        }
      }
    }
    moveCenters()
  }

  private mutating func moveCenters() {
    var sums = [(color: SIMD3<Double>, x: Double, y: Double, count: Double)](
      repeating: (.zero, 0, 0, 0), count: centers.count)
    for (pixel, label) in labels.enumerated() {
      sums[label].color += colors[pixel]
      sums[label].x += Double(pixel % width)
      sums[label].y += Double(pixel / width)
      sums[label].count += 1
    }
    for (index, sum) in sums.enumerated() where sum.count > 0 {
      centers[index] = (sum.color / sum.count, sum.x / sum.count, sum.y / sum.count)
    }
  }

  /// One label a connected part; parts below `smallest` pixels get that of the pixel before them.
  func connected(smallest: Int) -> [Int] {
    var result = [Int](repeating: -1, count: labels.count)
    var next = 0
    for start in labels.indices where result[start] < 0 {
      var part = [start]
      result[start] = next
      var position = 0
      while position < part.count {
        let pixel = part[position]
        position += 1
        for neighbour in neighbours(pixel)
        where result[neighbour] < 0 && labels[neighbour] == labels[start] {
          result[neighbour] = next
          part.append(neighbour)
        }
      }
      let adjacent = neighbours(start).first { result[$0] >= 0 && result[$0] != next }
      if part.count < smallest, let adjacent {
        for pixel in part { result[pixel] = result[adjacent] }
      } else {
        next += 1
      }
    }
    return result
  }

  private func neighbours(_ pixel: Int) -> [Int] {
    let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
    var result: [Int] = []
    if x > 0 { result.append(pixel - 1) }
    if y > 0 { result.append(pixel - width) }
    if x + 1 < width { result.append(pixel + 1) }
    if y + 1 < height { result.append(pixel + width) }
    return result
  }

  /// sRGB to CIELAB under D65.
  private static func lab(_ pixels: [UInt8], _ index: Int) -> SIMD3<Double> {
    func linear(_ level: UInt8) -> Double {
      let value = Double(level) / 255
      return value > 0.04045 ? pow((value + 0.055) / 1.055, 2.4) : value / 12.92
    }
    func root(_ t: Double) -> Double { t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116 }
    let (r, g, b) = (linear(pixels[index]), linear(pixels[index + 1]), linear(pixels[index + 2]))
    let x = root((0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047)
    let y = root(0.212671 * r + 0.715160 * g + 0.072169 * b)
    let z = root((0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883)
    return SIMD3(116 * y - 16, 500 * (x - y), 200 * (y - z))
  }

  /// Weighted by a Gaussian of σ = 1; the outermost pixels are repeated beyond the border.
  private static func smoothed(
    _ colors: [SIMD3<Double>], _ width: Int, _ height: Int
  ) -> [SIMD3<Double>] {
    let weights = (-4...4).map { exp(-Double($0 * $0) / 2) }
    let sum = weights.reduce(0, +)
    func pass(_ source: [SIMD3<Double>], _ count: Int, _ step: Int, _ other: Int, _ gap: Int)
      -> [SIMD3<Double>]
    {
      var result = source
      for line in 0..<other {
        for place in 0..<count {
          var total = SIMD3<Double>.zero
          for (offset, weight) in zip(-4...4, weights) {
            let near = min(max(place + offset, 0), count - 1)
            total += source[line * gap + near * step] * weight
          }
          result[line * gap + place * step] = total / sum
        }
      }
      return result
    }
    let rows = pass(colors, width, 1, height, width)
    return pass(rows, height, width, width, 1)
  }
}
