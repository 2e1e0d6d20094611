// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// Fills the memory of batches, which depend only on the seed and the position.
struct BatchRenderer {
  let dataset: Dataset
  let paired: Dataset?
  let configuration: BatchLoader.Configuration
  private var order: EpochOrder
  private let rendering: ImageRendering
  /// Floats of one image.
  let imageFloats: Int
  private var firstImage: [Float] = []

  init(dataset: Dataset, paired: Dataset?, configuration: BatchLoader.Configuration) {
    (self.dataset, self.paired, self.configuration) = (dataset, paired, configuration)
    order = EpochOrder(
      imageCount: dataset.count, batchSize: configuration.batchSize, seed: configuration.seed,
      isShuffled: configuration.isShuffled, dropsShortBatch: configuration.dropsShortBatch)
    rendering = ImageRendering(
      width: dataset.width, height: dataset.height,
      cutoutSide: configuration.augmentation?.cutout ?? 0)
    imageFloats = dataset.imageByteCount
  }

  var batchesPerEpoch: Int { order.batchesPerEpoch }
  var batchFloats: Int { configuration.batchSize * imageFloats }
  var targetFloats: Int { configuration.batchSize * dataset.classCount }

  func advanced(_ position: BatchPosition) -> BatchPosition { order.advanced(position) }

  mutating func render(_ position: BatchPosition, to memory: BatchMemory) -> Batch {
    let indices = order.indices(at: position)
    let variations = indices.map { variation(of: $0, epoch: position.epoch) }
    for (slot, index) in indices.enumerated() {
      rendering.render(
        dataset.pixels(at: index), varied: variations[slot], to: memory.images + slot * imageFloats)
      if let target = memory.pairedImages, let paired {
        rendering.renderGeometry(
          paired.pixels(at: index), varied: variations[slot], to: target + slot * imageFloats)
      }
    }
    let labels = indices.map { dataset.labels[$0] }
    let weights = variations.map(\.mixWeight)
    if configuration.augmentation?.mixup ?? 0 > 0 {
      mixNeighbours(memory.images, weights: weights)
      if let target = memory.pairedImages, paired != nil { mixNeighbours(target, weights: weights) }
    }
    let unused = configuration.batchSize - indices.count
    clear(memory.images + indices.count * imageFloats, count: unused * imageFloats)
    if let target = memory.pairedImages {
      clear(target + indices.count * imageFloats, count: unused * imageFloats)
    }
    if let targets = memory.targets { writeTargets(labels, weights: weights, to: targets) }
    return Batch(position: position, indices: indices, labels: labels)
  }

  private func variation(of index: Int, epoch: Int) -> ImageVariation {
    configuration.augmentation?.variation(
      seed: configuration.seed, epoch: epoch, index: index, width: dataset.width,
      height: dataset.height) ?? ImageVariation()
  }

  /// Mixes each image with the one behind it, the last with the first:
  /// x[i] ← λ[i] · x[i] + (1 - λ[i]) · x[i + 1].
  private mutating func mixNeighbours(_ images: UnsafeMutablePointer<Float>, weights: [Float]) {
    firstImage = Array(UnsafeBufferPointer(start: images, count: imageFloats))
    firstImage.withUnsafeBufferPointer { first in
      for (slot, weight) in weights.enumerated() {
        let image = images + slot * imageFloats
        let isLast = slot == weights.count - 1
        let next = isLast ? first.baseAddress.unsafelyUnwrapped : UnsafePointer(image + imageFloats)
        for index in 0..<imageFloats {
          image[index] = weight * image[index] + (1 - weight) * next[index]
        }
      }
    }
  }

  private func writeTargets(
    _ labels: [Int32], weights: [Float], to targets: UnsafeMutablePointer<Float>
  ) {
    let classCount = dataset.classCount
    clear(targets, count: targetFloats)
    let background = configuration.labelSmoothing / Float(classCount)
    for (slot, label) in labels.enumerated() {
      let row = targets + slot * classCount
      row.update(repeating: background, count: classCount)
      let next = labels[(slot + 1) % labels.count]
      row[Int(label)] += (1 - configuration.labelSmoothing) * weights[slot]
      row[Int(next)] += (1 - configuration.labelSmoothing) * (1 - weights[slot])
    }
  }

  private func clear(_ floats: UnsafeMutablePointer<Float>, count: Int) {
    floats.update(repeating: 0, count: count)
  }
}

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
    (self.imageCount, self.batchSize, self.seed) = (imageCount, batchSize, seed)
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

/// A thread that renders batches ahead of their use, in order, into a ring of buffers.
///
/// The order of batches does not depend on timing.
final class BatchPrefetcher: @unchecked Sendable {
  private let condition = NSCondition()
  // All of these are guarded by `condition`.
  private var free: [BatchBuffer]
  private var ready: [(Batch, BatchBuffer)] = []
  private var isStopped = false
  private var hasEnded = false

  /// Starts rendering at `start`; epochs from `endEpoch` on are not rendered.
  init(_ renderer: BatchRenderer, from start: BatchPosition, endEpoch: Int?, bufferCount: Int) {
    free = (0..<bufferCount).map { _ in BatchBuffer(for: renderer) }
    let thread = Thread { self.run(renderer, from: start, endEpoch: endEpoch) }
    thread.name = "batch loader"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Hands the next batch to `body`; `nil` after the last epoch.
  func next<Result>(_ body: (Batch, BatchBuffer) -> Result) -> Result? {
    condition.lock()
    while ready.isEmpty && !hasEnded { condition.wait() }
    guard !ready.isEmpty else {
      condition.unlock()
      return nil
    }
    let (batch, buffer) = ready.removeFirst()
    condition.unlock()
    let result = body(batch, buffer)
    condition.lock()
    free.append(buffer)
    condition.broadcast()
    condition.unlock()
    return result
  }

  /// Ends the thread, which may still finish its current batch.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }

  private func run(_ initial: BatchRenderer, from start: BatchPosition, endEpoch: Int?) {
    var renderer = initial
    var position = start
    while endEpoch.map({ position.epoch < $0 }) ?? true, let buffer = takeFreeBuffer() {
      let batch = renderer.render(position, to: buffer.memory)
      position = renderer.advanced(position)
      condition.lock()
      ready.append((batch, buffer))
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  private func takeFreeBuffer() -> BatchBuffer? {
    condition.lock()
    defer { condition.unlock() }
    while free.isEmpty && !isStopped { condition.wait() }
    return isStopped ? nil : free.removeLast()
  }
}

/// Memory for one batch.
final class BatchBuffer {
  let memory: BatchMemory

  init(for renderer: BatchRenderer) {
    memory = BatchMemory(
      images: .allocate(capacity: renderer.batchFloats),
      targets: .allocate(capacity: renderer.targetFloats),
      pairedImages: renderer.paired == nil ? nil : .allocate(capacity: renderer.batchFloats))
  }

  deinit {
    memory.images.deallocate()
    memory.targets?.deallocate()
    memory.pairedImages?.deallocate()
  }
}
