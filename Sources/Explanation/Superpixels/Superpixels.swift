// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging

/// A picture cut into parts that are alike: a number from 0 on for each pixel, row by row.
public struct Superpixels: Equatable, Sendable {
  /// How a picture is cut.
  public enum Method: String, CaseIterable, Sendable { case slic, quickshift, felzenszwalb, grid }

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
    (self.width, self.height) = (width, height)
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

extension Superpixels {
  /// Simple linear iterative clustering (Achanta et al., 2012, doi:10.1109/TPAMI.2012.120): k-means
  /// over colour, in CIELAB, and place, each centre looking no further than two of its steps; parts
  /// that are not connected are split, and small ones join a neighbour. The parts are those of
  /// scikit-image's `slic`.
  /// - Parameters:
  ///   - count: the number of parts, approximately.
  ///   - compactness: how much a distance in place counts beside one in colour.
  ///   - sigma: the deviation of the Gaussian by which colours are smoothed.
  public static func slic(
    _ image: Image, count: Int = 50, compactness: Double = 10, sigma: Double = 1
  ) -> Superpixels {
    let field = ColorField(image).stretched.lab.smoothed(sigma: sigma)
    var clusters = Clusters(field.scaled(by: 1 / compactness), count: max(1, count))
    for _ in 0..<10 {
      guard clusters.assign() else { break }
      clusters.moveCenters()
    }
    let size = Double(image.width * image.height) / Double(clusters.count)
    return Superpixels(
      width: image.width, height: image.height,
      labels: clusters.connected(smallest: Int(0.5 * size), largest: Int(3 * size)))
  }
}

/// Places in a picture, equally far apart.
private struct RegularGrid {
  var rowStep: Int
  var columnStep: Int
  var firstRow: Int
  var firstColumn: Int

  init(height: Int, width: Int, count: Int) {
    let area = Double(height * width)
    guard height * width > count else {
      (rowStep, columnStep, firstRow, firstColumn) = (1, 1, 0, 0)
      return
    }
    let step = (area / Double(count)).squareRoot()
    var (down, along) = (step, step)
    // A narrow picture has one row or column of centres.
    if Double(min(height, width)) < step {
      (down, along) =
        height <= width
        ? (Double(height), Double(width) / Double(count))
        : (Double(height) / Double(count), Double(width))
    }
    rowStep = max(1, Int(down.rounded(.toNearestOrEven)))
    columnStep = max(1, Int(along.rounded(.toNearestOrEven)))
    firstRow = Int(down / 2)
    firstColumn = Int(along / 2)
  }
}

/// The centres and what belongs to them.
private struct Clusters {
  private let field: ColorField
  private let rowStep: Int
  private let columnStep: Int
  /// What the square of a distance in place counts.
  private let placeWeight: Double
  /// A centre that nothing belongs to is not a number.
  private var centers: [(color: SIMD3<Double>, x: Double, y: Double)] = []
  private var labels: [Int]

  var count: Int { centers.count }

  init(_ field: ColorField, count: Int) {
    self.field = field
    let grid = RegularGrid(height: field.height, width: field.width, count: count)
    for y in stride(from: grid.firstRow, to: field.height, by: grid.rowStep) {
      for x in stride(from: grid.firstColumn, to: field.width, by: grid.columnStep) {
        centers.append((.zero, Double(x), Double(y)))
      }
    }
    let reach = RegularGrid(height: field.height, width: field.width, count: centers.count)
    (rowStep, columnStep) = (reach.rowStep, reach.columnStep)
    let step = Double(max(grid.rowStep, grid.columnStep))
    placeWeight = 1 / (step * step)
    labels = [Int](repeating: 0, count: field.colors.count)
  }

  /// Gives each pixel to the nearest centre; whether any found one.
  mutating func assign() -> Bool {
    var distances = [Double](repeating: .greatestFiniteMagnitude, count: labels.count)
    var isChanged = false
    for (index, center) in centers.enumerated() where center.x.isFinite {
      let rows = window(center.y, 2 * rowStep, field.height)
      let columns = window(center.x, 2 * columnStep, field.width)
      for y in rows {
        let down = (center.y - Double(y)) * (center.y - Double(y))
        for x in columns {
          let pixel = y * field.width + x
          let along = (center.x - Double(x)) * (center.x - Double(x))
          let change = field.colors[pixel] - center.color
          let squares = change * change
          let distance = (down + along) * placeWeight + (squares.x + squares.y + squares.z)
          if distance < distances[pixel] {
            distances[pixel] = distance
            labels[pixel] = index
            isChanged = true
          }
        }
      }
    }
    return isChanged
  }

  private func window(_ center: Double, _ reach: Int, _ count: Int) -> Range<Int> {
    let first = Int(max(center - Double(reach), 0))
    return first..<max(first, Int(min(center + Double(reach + 1), Double(count))))
  }

  mutating func moveCenters() {
    var sums = [(color: SIMD3<Double>, x: Double, y: Double, count: Double)](
      repeating: (.zero, 0, 0, 0), count: centers.count)
    for (pixel, label) in labels.enumerated() {
      sums[label].color += field.colors[pixel]
      sums[label].x += Double(pixel % field.width)
      sums[label].y += Double(pixel / field.width)
      sums[label].count += 1
    }
    for (index, sum) in sums.enumerated() {
      centers[index] = (sum.color / sum.count, sum.x / sum.count, sum.y / sum.count)
    }
  }

  /// One label a connected part, which ends at `largest` pixels; parts below `smallest` get that of
  /// the last neighbour that was met.
  func connected(smallest: Int, largest: Int) -> [Int] {
    var result = [Int](repeating: -1, count: labels.count)
    var next = 0
    for start in labels.indices where result[start] < 0 {
      var part = [start]
      var adjacent = next
      result[start] = next
      var position = 0
      search: while position < part.count, part.count < largest {
        for neighbour in neighbours(part[position]) {
          if result[neighbour] < 0, labels[neighbour] == labels[start] {
            result[neighbour] = next
            part.append(neighbour)
            if part.count >= largest { break search }
          } else if result[neighbour] >= 0, result[neighbour] != next {
            adjacent = result[neighbour]
          }
        }
        position += 1
      }
      if part.count < smallest { for pixel in part { result[pixel] = adjacent } } else { next += 1 }
    }
    return result
  }

  /// To the right, to the left, below and above.
  private func neighbours(_ pixel: Int) -> [Int] {
    let (y, x) = pixel.quotientAndRemainder(dividingBy: field.width)
    var result: [Int] = []
    if x + 1 < field.width { result.append(pixel + 1) }
    if x > 0 { result.append(pixel - 1) }
    if y + 1 < field.height { result.append(pixel + field.width) }
    if y > 0 { result.append(pixel - field.width) }
    return result
  }
}
