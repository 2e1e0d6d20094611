// SPDX-License-Identifier: Apache-2.0
import Datasets
import Kernels
import Network
import Quantization

/// Images of a data set, evenly from all of it, batch by batch.
struct CalibrationFeed {
  let images: Dataset
  var batch: Int { min(16, images.count) }

  init(_ dataset: Dataset, count: Int = 500) {
    let count = min(count, dataset.count)
    images = dataset.subset((0..<count).map { $0 * dataset.count / count })
  }

  /// Fills the session's input and calls `body` with the number of images.
  func forEachBatch(
    into session: Session, _ body: (Int) throws(QuantizationError) -> Void
  ) throws(QuantizationError) {
    guard let loader = try? BatchLoader(images, .evaluation(batchSize: batch)) else { return }
    while let next = loader.next(into: BatchMemory(images: session.input.base)) {
      try body(next.count)
    }
  }
}
