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

  /// The same images with randomly permuted labels, from which nothing can be learnt.
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

  /// The images of `parts`, one set after the other.
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

  /// Throws if the images of two sets differ in size, or their classes.
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

extension Dataset {
  /// Splits the set at random: `second` gets `fraction` of the images, `first` the others.
  ///
  /// Both keep the proportions of the classes, and the order of the images.
  public func split(
    fraction: Double, seed: UInt64
  ) throws(DatasetError) -> (first: Dataset, second: Dataset) {
    guard fraction > 0 && fraction < 1 else { throw .invalidFraction(fraction) }
    let secondCount = Int((Double(count) * fraction).rounded())
    let parts = try split(counts: [count - secondCount, secondCount], seed: seed)
    return (parts[0], parts[1])
  }

  /// Disjoint random parts of exactly `counts` images; the remaining images are left out.
  ///
  /// Each part keeps the proportions of the classes by largest remainder: part by part, a class
  /// that has `r` of the `R` images left gives ⌊c · r / R⌋ of the part's `c`, and the classes with
  /// the largest remainders (the first ones, when equal) give one more. So 5000 images of ten equal
  /// classes give 401 + 99 of each for 4010 + 990.
  public func split(counts: [Int], seed: UInt64) throws(DatasetError) -> [Dataset] {
    let total = counts.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    guard counts.allSatisfy({ $0 > 0 && $0 <= count }), !counts.isEmpty, total <= count else {
      throw .impossibleSplit(name: name, wanted: counts, available: count)
    }
    var remaining = indicesPerClass
    for label in remaining.indices {
      var random = RandomGenerator(seed: seed, stream: UInt64(label))
      random.shuffle(&remaining[label])
    }
    return counts.map { partCount in
      let shares = Self.largestRemainder(partCount, over: remaining.map(\.count))
      var indices: [Int] = []
      for (label, share) in shares.enumerated() {
        indices += remaining[label].suffix(share)
        remaining[label].removeLast(share)
      }
      return subset(indices.sorted())
    }
  }

  /// A random `fraction` of the set, at least one image, with the proportions of its classes.
  public func fraction(_ fraction: Double, seed: UInt64) throws(DatasetError) -> Dataset {
    guard fraction > 0 && fraction <= 1 else { throw .invalidFraction(fraction) }
    if fraction == 1 { return self }
    let wanted = max(1, Int((Double(count) * fraction).rounded()))
    return try split(counts: [wanted], seed: seed)[0]
  }

  /// `total` as a sum of whole shares in proportion to `weights`, none above its weight.
  private static func largestRemainder(_ total: Int, over weights: [Int]) -> [Int] {
    let weightSum = weights.reduce(0, +)
    // Exact: the quota total · weight / weightSum as quotient and remainder of a full-width
    // product.
    let quotas = weights.map { weight in
      weightSum.dividingFullWidth(total.multipliedFullWidth(by: weight))
    }
    var shares = quotas.map(\.quotient)
    let missing = total - shares.reduce(0, +)
    let byRemainder = quotas.indices.sorted { left, right in
      let (a, b) = (quotas[left].remainder, quotas[right].remainder)
      return a != b ? a > b : left < right
    }
    for index in byRemainder.prefix(missing) { shares[index] += 1 }
    return shares
  }
}
