// SPDX-License-Identifier: Apache-2.0
public import Imaging

/// A picture cut into parts that are alike: a number from 0 on for each pixel, row by row.
public struct Superpixels: Equatable, Sendable {
  /// How a picture is cut.
  public enum Method: String, CaseIterable, Sendable {
    case slic, quickshift, felzenszwalb, grid
  }

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
