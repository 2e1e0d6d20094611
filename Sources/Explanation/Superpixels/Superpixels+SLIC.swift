// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging

extension Superpixels {
  /// Simple linear iterative clustering (Achanta et al., 2012, doi:10.1109/TPAMI.2012.120): k-means
  /// over colour, in CIELAB, and place, each centre looking no further than two of its steps; parts
  /// that are not connected are split, and small ones join a neighbour. The parts are those of
  /// scikit-image's `slic`.
  ///
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
      if part.count < smallest {
        for pixel in part { result[pixel] = adjacent }
      } else {
        next += 1
      }
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
