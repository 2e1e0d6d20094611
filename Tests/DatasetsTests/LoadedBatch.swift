// SPDX-License-Identifier: Apache-2.0
import Datasets

/// A batch with its floats, copied out of the memory that it was loaded into.
struct LoadedBatch: Equatable {
  let batch: Batch
  let images: [Float]
  let targets: [Float]
  var pairedImages: [Float] = []

  /// The floats of the image in `slot`.
  func image(_ slot: Int, of dataset: Dataset) -> [Float] {
    Array(images[slot * dataset.imageByteCount..<(slot + 1) * dataset.imageByteCount])
  }

  /// The target distribution of the image in `slot`.
  func target(_ slot: Int, of dataset: Dataset) -> [Float] {
    Array(targets[slot * dataset.classCount..<(slot + 1) * dataset.classCount])
  }
}

extension BatchLoader {
  /// The next batch; memory is filled with NaN before, so that a float that was not written shows.
  func loadNext(paired: Bool = false) -> LoadedBatch? {
    let batchSize = configuration.batchSize
    var images = [Float](repeating: .nan, count: batchSize * dataset.imageByteCount)
    var pairedImages = [Float](repeating: .nan, count: paired ? images.count : 0)
    var targets = [Float](repeating: .nan, count: batchSize * dataset.classCount)
    let batch = images.withUnsafeMutableBufferPointer { images in
      pairedImages.withUnsafeMutableBufferPointer { pairedImages in
        targets.withUnsafeMutableBufferPointer { targets -> Batch? in
          guard let start = images.baseAddress else { return nil }
          return next(
            into: BatchMemory(
              images: start, targets: targets.baseAddress,
              pairedImages: paired ? pairedImages.baseAddress : nil))
        }
      }
    }
    return batch.map {
      LoadedBatch(batch: $0, images: images, targets: targets, pairedImages: pairedImages)
    }
  }

  /// The next `count` batches.
  func loadNext(count: Int) -> [LoadedBatch] { (0..<count).compactMap { _ in loadNext() } }
}
