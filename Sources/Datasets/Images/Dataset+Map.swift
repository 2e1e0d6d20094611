// SPDX-License-Identifier: Apache-2.0
import CPlatform
package import Imaging
import Kernels

extension Dataset {
  /// A set of the images that `transform` makes, called on several threads. Of several failures,
  /// that of the first image is thrown.
  ///
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
          } catch {
            failures[index] = error
          }
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
  package func filtered(
    by filter: FixedFilter, threads: Int? = nil
  ) throws(DatasetError) -> Dataset {
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
    ) { image, _ throws(ImageError) in
      image.resized(width: size.width, height: size.height)
    }
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
