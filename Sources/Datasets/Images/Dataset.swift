// SPDX-License-Identifier: Apache-2.0
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
  ///
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
  ///
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
  @inline(__always)
  func pixels(at index: Int) -> UnsafePointer<UInt8> {
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
}
