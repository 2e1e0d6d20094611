// SPDX-License-Identifier: Apache-2.0

/// What there is to know about a data set before training on it.
package struct DatasetInfo: Codable, Equatable, Sendable {
  package struct ClassCount: Codable, Equatable, Sendable {
    package var name: String
    package var count: Int
  }

  package var name: String
  package var imageCount: Int
  package var width: Int
  package var height: Int
  package var classes: [ClassCount]
  /// Of red, green and blue over all pixels, in [0, 1].
  package var mean: [Double]
  package var standardDeviation: [Double]
  /// Of everything that a model sees, in order: see `Dataset.contentHash`.
  package var hash: String
  /// Groups of images that are equal byte for byte, by source name.
  package var duplicates: [[String]]
  /// Groups of images that look alike without being equal, by source name.
  package var nearDuplicates: [[String]]

  /// Looks at every pixel, and compares the images with one another.
  package init(_ dataset: Dataset) {
    name = dataset.name
    imageCount = dataset.count
    width = dataset.width
    height = dataset.height
    classes = zip(dataset.classNames, dataset.countsPerClass).map {
      ClassCount(name: $0, count: $1)
    }
    (mean, standardDeviation) = dataset.channelStatistics()
    hash = dataset.contentHash.description
    duplicates = dataset.duplicates.map { group in group.map { dataset.sourceNames[$0] } }
    nearDuplicates = dataset.nearDuplicates().map { group in group.map { dataset.sourceNames[$0] } }
  }
}

extension Dataset {
  /// The mean and the standard deviation of red, green and blue over all pixels, in [0, 1].
  package func channelStatistics() -> (mean: [Double], standardDeviation: [Double]) {
    guard count > 0 else { return ([0, 0, 0], [0, 0, 0]) }
    // Exact: 2⁶³ bounds the sum of squares of 1.4 · 10¹⁴ bytes.
    var sums = [0, 0, 0]
    var squares = [0, 0, 0]
    for index in 0..<count {
      withPixels(at: index) { pixels in
        for channel in 0..<3 {
          var (sum, square) = (0, 0)
          for offset in stride(from: channel, to: pixels.count, by: 3) {
            let value = Int(pixels[offset])
            sum &+= value
            square &+= value &* value
          }
          sums[channel] += sum
          squares[channel] += square
        }
      }
    }
    let pixelCount = Double(count * width * height)
    let mean = sums.map { Double($0) / pixelCount }
    let deviation = (0..<3).map { channel in
      max(0, Double(squares[channel]) / pixelCount - mean[channel] * mean[channel]).squareRoot()
    }
    return (mean.map { $0 / 255 }, deviation.map { $0 / 255 })
  }

  /// The hash of the set: of the width, the height and the number of images (8 bytes each,
  /// little-endian), then of each image's hash (low and high half) and label (4 bytes), then of the
  /// class names with a zero byte behind each.
  ///
  /// It depends on the order of the images, as training does.
  package var contentHash: ContentHash {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24 + 20 * count)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for number in [width, height, count] { append(Int64(number)) }
    for (hash, label) in zip(hashes, labels) {
      append(hash.low)
      append(hash.high)
      append(label)
    }
    for className in classNames { bytes += Array(className.utf8) + [0] }
    return ContentHash(of: bytes)
  }
}

extension DatasetInfo {
  /// The text that people read: facts, then a line for each class.
  package var table: String {
    var rows: [(String, String)] = [
      ("data set", name),
      ("images", "\(imageCount) of \(width)x\(height) pixels in \(classes.count) classes"),
      ("mean", mean.map(Self.decimal).joined(separator: " ") + "  (red, green, blue)"),
      ("deviation", standardDeviation.map(Self.decimal).joined(separator: " ")), ("hash", hash),
      ("copies", Self.summary(duplicates, of: "equal images")),
      ("look-alikes", Self.summary(nearDuplicates, of: "images that look alike")),
    ]
    let largest = classes.map(\.count).max() ?? 0
    for entry in classes {
      let bar = largest == 0 ? 0 : 30 * entry.count / largest
      let count = String(entry.count)
      rows.append(
        (
          entry.name,
          String(repeating: " ", count: max(0, 7 - count.count)) + count + " "
            + String(repeating: "█", count: bar)
        ))
    }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
    }.joined()
  }

  private static func summary(_ groups: [[String]], of what: String) -> String {
    guard let first = groups.first else { return "none" }
    let example = first.prefix(3).joined(separator: ", ")
    return "\(groups.count) groups of \(what), such as \(example)"
  }

  /// Four decimals, as means of data sets are usually quoted.
  private static func decimal(_ value: Double) -> String {
    let scaled = String(Int((value * 10_000).rounded()))
    let digits = String(repeating: "0", count: max(0, 5 - scaled.count)) + scaled
    return digits.dropLast(4) + "." + digits.suffix(4)
  }
}
