// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The order of a data set's images in each epoch, cut into batches.
struct EpochOrder {
  let imageCount: Int
  let batchSize: Int
  let seed: UInt64
  let isShuffled: Bool
  let batchesPerEpoch: Int
  private var epoch = -1
  private var order: [Int] = []

  init(imageCount: Int, batchSize: Int, seed: UInt64, isShuffled: Bool, dropsShortBatch: Bool) {
    self.imageCount = imageCount
    self.batchSize = batchSize
    self.seed = seed
    self.isShuffled = isShuffled
    batchesPerEpoch =
      dropsShortBatch ? imageCount / batchSize : (imageCount + batchSize - 1) / batchSize
  }

  /// The images of one batch; the order of an epoch depends on the seed and the epoch alone.
  mutating func indices(at position: BatchPosition) -> [Int] {
    if epoch != position.epoch {
      epoch = position.epoch
      order = Array(0..<imageCount)
      if isShuffled {
        var random = RandomKey.order.generator(seed: seed, epoch: epoch)
        random.shuffle(&order)
      }
    }
    let start = position.batch * batchSize
    return Array(order[start..<min(imageCount, start + batchSize)])
  }

  /// The place after `position`.
  func advanced(_ position: BatchPosition) -> BatchPosition {
    position.batch + 1 < batchesPerEpoch
      ? BatchPosition(epoch: position.epoch, batch: position.batch + 1)
      : BatchPosition(epoch: position.epoch + 1, batch: 0)
  }
}
