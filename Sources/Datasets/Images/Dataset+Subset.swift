// SPDX-License-Identifier: Apache-2.0
package import Imaging
import Kernels

extension Dataset {
  /// The images at `indices`, in that order, without copying pixels.
  ///
  /// - Precondition: every index is in `0..<count`.
  public func subset(_ indices: [Int], name: String? = nil) -> Dataset {
    Dataset(self, indices: indices, name: name ?? self.name)
  }

  /// The same images under another name.
  public func named(_ name: String) -> Dataset {
    Dataset(self, indices: Array(0..<count), name: name)
  }

  /// Other images, of one size, under the same labels and source names.
  ///
  /// - Precondition: there is one for each image.
  package func replacing(_ images: [Image], name: String) -> Dataset {
    Dataset(
      name: name, classNames: classNames, labels: labels, images: images, sourceNames: sourceNames)
  }

  /// The same images, their labels dealt out anew at random: what can be learnt of them is nothing.
  public func withShuffledLabels(seed: UInt64) -> Dataset {
    var shuffled = labels
    var random = RandomGenerator(seed: seed)
    random.shuffle(&shuffled)
    return Dataset(self, indices: Array(0..<count), name: name, labels: shuffled)
  }

  /// Images of each class.
  public var countsPerClass: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// The indices of the images of each class, in ascending order.
  public var indicesPerClass: [[Int]] {
    var indices = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { indices[Int(label)].append(index) }
    return indices
  }

  /// The images of `parts` one after the other: how a set that came in pieces becomes whole.
  public static func joining(_ parts: [Dataset], name: String) throws(DatasetError) -> Dataset {
    guard let first = parts.first else { throw .noImages(name: name) }
    for part in parts.dropFirst() { try first.requireSameShape(as: part) }
    let byteCount = first.imageByteCount
    let pixels = try PixelCache.read(
      byteCount: parts.reduce(0) { $0 + $1.count } * byteCount, name: name
    ) { bytes in
      var offset = 0
      for part in parts {
        for index in 0..<part.count {
          UnsafeMutableRawPointer(bytes.baseAddress.unsafelyUnwrapped + offset)
            .copyMemory(from: part.pixels(at: index), byteCount: byteCount)
          offset += byteCount
        }
      }
    }
    return Dataset(
      name: name, classNames: first.classNames, width: first.width, height: first.height,
      labels: parts.flatMap(\.labels), pixels: pixels, sourceNames: parts.flatMap(\.sourceNames))
  }

  /// Refuses two sets whose images differ in size or whose classes differ.
  func requireSameShape(as other: Dataset) throws(DatasetError) {
    guard width == other.width && height == other.height else {
      throw .incompatible(
        first: name, second: other.name,
        reason: "images of \(width)x\(height) and of \(other.width)x\(other.height) pixels")
    }
    guard classNames == other.classNames else {
      throw .incompatible(first: name, second: other.name, reason: "their classes differ")
    }
  }
}
