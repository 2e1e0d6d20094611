// SPDX-License-Identifier: Apache-2.0
import CPlatform
public import Imaging
import Kernels

/// Labelled images of one size, their pixels in one block of bytes.
///
/// Cheap to copy: subsets and splits share the pixels. Images are `height × width × 3` bytes of
/// sRGB, row by row, in the order of `labels`.
public struct Dataset: Sendable {
  /// What reports call it.
  public let name: String
  /// The name of each class; a label is an index into it.
  public let classNames: [String]
  /// Pixels from left to right of every image.
  public let width: Int
  /// Pixels from top to bottom of every image.
  public let height: Int
  /// The class of each image.
  public let labels: [Int32]
  /// Where each image comes from: a path, or a file and record number.
  public let sourceNames: [String]
  /// The hash of each image's bytes.
  public let hashes: [ContentHash]
  let cache: PixelCache
  /// The place of each image in `cache`, counted in images.
  let slots: [Int]

  /// Images in the set.
  public var count: Int { labels.count }
  /// Classes in the set, with or without images.
  public var classCount: Int { classNames.count }
  /// Bytes of one image.
  public var imageByteCount: Int { width * height * 3 }

  /// Images whose pixels lie one behind the other in `pixels`.
  /// - Precondition: `pixels` holds `labels.count` images, every label is the index of a class, and
  ///   `sourceNames`, when given, has a name for each.
  public init(
    name: String, classNames: [String], width: Int, height: Int, labels: [Int32],
    pixels: PixelCache, sourceNames: [String]? = nil
  ) {
    precondition(width > 0 && height > 0, "images have at least one pixel")
    precondition(
      pixels.bytes.count >= labels.count * width * height * 3, "three bytes a pixel are needed")
    precondition(
      labels.allSatisfy { classNames.indices.contains(Int($0)) }, "a label is the index of a class")
    precondition(
      sourceNames == nil || sourceNames?.count == labels.count, "each image has a source name")
    (self.name, self.classNames, self.width, self.height) = (name, classNames, width, height)
    self.labels = labels
    self.sourceNames = sourceNames ?? labels.indices.map { "\(name)#\($0)" }
    cache = pixels
    slots = Array(labels.indices)
    hashes = Self.hashes(of: pixels.bytes, count: labels.count, byteCount: width * height * 3)
  }

  /// A set of images in memory.
  /// - Precondition: `images` are all of one size and as many as `labels`, and not empty.
  public init(
    name: String, classNames: [String], labels: [Int32], images: [Image],
    sourceNames: [String]? = nil
  ) {
    precondition(
      images.count == labels.count && !images.isEmpty, "as many labels as images, at least one")
    let (width, height) = (images[0].width, images[0].height)
    precondition(
      images.allSatisfy { $0.width == width && $0.height == height }, "images have one size")
    let byteCount = width * height * 3
    let pixels = PixelCache.filled(byteCount: images.count * byteCount) { bytes in
      for (index, image) in images.enumerated() { bytes.store(image.pixels, at: index) }
    }
    self.init(
      name: name, classNames: classNames, width: width, height: height, labels: labels,
      pixels: pixels, sourceNames: sourceNames)
  }

  init(_ whole: Dataset, indices: [Int], name: String, labels: [Int32]? = nil) {
    self.name = name
    classNames = whole.classNames
    width = whole.width
    height = whole.height
    self.labels = labels ?? indices.map { whole.labels[$0] }
    sourceNames = indices.map { whole.sourceNames[$0] }
    hashes = indices.map { whole.hashes[$0] }
    cache = whole.cache
    slots = indices.map { whole.slots[$0] }
  }

  /// The bytes of image number `index`; valid as long as the data set is.
  public func withPixels<Result, Failure: Error>(
    at index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: pixels(at: index), count: imageByteCount))
  }

  /// Image number `index`, copied.
  public func image(at index: Int) -> Image {
    withPixels(at: index) { Image(width: width, height: height, pixels: Array($0)) }
  }

  /// Writes image number `index` to `target`, `3 · width · height` floats: each byte divided by
  /// 255.
  public func copyFloats(at index: Int, to target: UnsafeMutablePointer<Float>) {
    withPixels(at: index) { pixels in
      guard let start = pixels.baseAddress else { return }
      ImageRendering.convert(start, to: target, count: pixels.count)
    }
  }

  /// The same floats as an array.
  public func floats(at index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: imageByteCount) { floats, count in
      copyFloats(at: index, to: floats.baseAddress.unsafelyUnwrapped)
      count = imageByteCount
    }
  }

  /// The first byte of image number `index`; the caller keeps the data set alive.
  @inline(__always) func pixels(at index: Int) -> UnsafePointer<UInt8> {
    let start = cache.bytes.baseAddress.unsafelyUnwrapped + slots[index] * imageByteCount
    return start.assumingMemoryBound(to: UInt8.self)
  }

  private static func hashes(
    of bytes: UnsafeRawBufferPointer, count: Int, byteCount: Int
  ) -> [ContentHash] {
    (0..<count).map { index in
      ContentHash(
        of: UnsafeRawBufferPointer(rebasing: bytes[index * byteCount..<(index + 1) * byteCount]))
    }
  }

  /// The images at `indices`, in that order, without copying pixels.
  /// - Precondition: every index is in `0..<count`.
  public func subset(_ indices: [Int], name: String? = nil) -> Dataset {
    Dataset(self, indices: indices, name: name ?? self.name)
  }

  /// The same images under another name.
  public func named(_ name: String) -> Dataset {
    Dataset(self, indices: Array(0..<count), name: name)
  }

  /// Other images, of one size, under the same labels and source names.
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
          UnsafeMutableRawPointer(bytes.baseAddress.unsafelyUnwrapped + offset).copyMemory(
            from: part.pixels(at: index), byteCount: byteCount)
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

  /// Splits the set at random: `second` gets `fraction` of the images, `first` the others.
  ///
  /// Both keep the proportions of the classes, and the order of the images.
  public func split(fraction: Double, seed: UInt64) throws(DatasetError) -> (
    first: Dataset, second: Dataset
  ) {
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

  /// A set of the images that `transform` makes, called on several threads. Of several failures,
  /// that of the first image is thrown.
  /// - Parameter threads: one for each CPU where it is `nil`.
  /// - Precondition: the new images have the given size.
  package func mapped(
    name: String, width: Int, height: Int, threads: Int? = nil,
    _ transform: (Image, Int) throws(ImageError) -> Image
  ) throws(DatasetError) -> Dataset {
    let byteCount = width * height * 3
    let total = try PixelCache.byteCount(
      ofImages: count, size: .init(width: width, height: height), name: self.name)
    var failures = [ImageError?](repeating: nil, count: count)
    let pixels = try PixelCache.read(byteCount: total, name: self.name) { bytes in
      failures.withUnsafeMutableBufferPointer { failures in
        Parallel.forEach(count, threads: threads) { index in
          do throws(ImageError) {
            let result = try transform(image(at: index), index)
            precondition(result.pixels.count == byteCount, "new images are of one size")
            bytes.store(result.pixels, at: index)
          } catch { failures[index] = error }
        }
      }
    }
    for (index, failure) in failures.enumerated() {
      if let failure {
        throw .unusableImage(image: sourceNames[index], reason: failure.description)
      }
    }
    return Dataset(
      name: name, classNames: classNames, width: width, height: height, labels: labels,
      pixels: pixels, sourceNames: sourceNames)
  }

  /// The set with each image filtered.
  package func filtered(by filter: FixedFilter, threads: Int? = nil) throws(DatasetError) -> Dataset
  {
    try mapped(name: name, width: width, height: height, threads: threads) { image, _ in
      filter.apply(to: image)
    }
  }

  /// The set with its images resized, or the set itself if they have that size.
  static func resized(
    _ dataset: Dataset, to size: DatasetError.Size?, threads: Int?
  ) throws(DatasetError) -> Dataset {
    guard let size, size.width != dataset.width || size.height != dataset.height else {
      return dataset
    }
    return try dataset.mapped(
      name: dataset.name, width: size.width, height: size.height, threads: threads
    ) { image, _ throws(ImageError) in image.resized(width: size.width, height: size.height) }
  }
}

/// Loops over images on several threads.
enum Parallel {
  /// Runs `body` for each index; on the caller's thread alone if the system refuses others.
  static func forEach(_ count: Int, threads: Int?, _ body: (Int) -> Void) {
    guard count > 1, let pool = pool(threads: threads) else {
      for index in 0..<count { body(index) }
      return
    }
    pool.forEach(count) { index, _ in body(index) }
  }

  /// - Parameter threads: one for each CPU where it is `nil`.
  static func pool(threads: Int?) -> ThreadPool? {
    ThreadPool(threadCount: threads ?? Int(ocelli_cpu_count()))
  }
}
