// SPDX-License-Identifier: Apache-2.0
package import Imaging
import Kernels

extension Dataset {
  /// A set with `transform(image, index)` of each image, computed on two threads. Of several
  /// failures, the first image's is reported.
  ///
  /// - Precondition: the new images are of the size that is announced.
  package func mapped(
    name: String, width: Int, height: Int, _ transform: (Image, Int) throws(ImageError) -> Image
  ) throws(DatasetError) -> Dataset {
    let byteCount = width * height * 3
    let total = try PixelCache.byteCount(
      ofImages: count, size: .init(width: width, height: height), name: self.name)
    var failures = [ImageError?](repeating: nil, count: count)
    let pixels = try PixelCache.read(byteCount: total, name: self.name) { bytes in
      failures.withUnsafeMutableBufferPointer { failures in
        Parallel.forEach(count) { index in
          do throws(ImageError) {
            let result = try transform(image(at: index), index)
            precondition(result.pixels.count == byteCount, "new images are of one size")
            result.pixels.withUnsafeBytes {
              UnsafeMutableRawBufferPointer(
                bytes.extracting(index * byteCount..<(index + 1) * byteCount)
              ).copyMemory(from: $0)
            }
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

  /// The set with its images resized, or as it is when they have that size.
  static func resized(
    _ dataset: Dataset, to size: DatasetError.Size?
  ) throws(DatasetError) -> Dataset {
    guard let size, size.width != dataset.width || size.height != dataset.height else {
      return dataset
    }
    return try dataset.mapped(
      name: dataset.name, width: size.width, height: size.height
    ) { image, _ throws(ImageError) in
      image.resized(width: size.width, height: size.height)
    }
  }
}
