// SPDX-License-Identifier: Apache-2.0

/// Serves a data set as batches of floats, epoch after epoch, prepared on another thread while the
/// caller computes.
///
/// A batch depends only on the data set, the configuration and its position, not on timing, so
/// `seek(to:)` resumes a run exactly.
///
/// ```swift
/// let augmentation = Augmentation(flip: .alternating, shift: 2)
/// let loader = try BatchLoader(train, .init(batchSize: 128, augmentation: augmentation))
/// while let batch = loader.next(into: BatchMemory(images: input, targets: targets)) { … }
/// ```
public final class BatchLoader {
  /// How batches are made.
  public struct Configuration: Codable, Equatable, Sendable {
    /// Images in a batch.
    public var batchSize: Int
    /// What all random choices derive from.
    public var seed: UInt64
    /// Whether each epoch has an order of its own; otherwise images come in the data set's order.
    public var isShuffled: Bool
    /// Whether images that do not fill a batch at the end of an epoch are left out.
    public var dropsShortBatch: Bool
    /// How images are varied; `nil` for evaluation.
    public var augmentation: Augmentation?
    /// The share of each target distribution that is spread evenly over all classes.
    public var labelSmoothing: Float
    /// Epochs to serve, counted from epoch 0; `nil` never ends.
    public var epochCount: Int?
    /// Batches prepared ahead; 0 renders in the call of `next`, straight into the caller's memory.
    public var prefetchCount: Int

    /// Training batches: shuffled, of full size, two prepared ahead.
    public init(
      batchSize: Int, seed: UInt64 = 0, isShuffled: Bool = true, dropsShortBatch: Bool = true,
      augmentation: Augmentation? = nil, labelSmoothing: Float = 0, epochCount: Int? = nil,
      prefetchCount: Int = 2
    ) {
      (self.batchSize, self.seed, self.isShuffled) = (batchSize, seed, isShuffled)
      (self.dropsShortBatch, self.augmentation) = (dropsShortBatch, augmentation)
      (self.labelSmoothing, self.epochCount) = (labelSmoothing, epochCount)
      self.prefetchCount = prefetchCount
    }

    /// One pass over all images in their order, unvaried.
    public static func evaluation(batchSize: Int) -> Configuration {
      Configuration(batchSize: batchSize, isShuffled: false, dropsShortBatch: false, epochCount: 1)
    }
  }

  /// What is served.
  public let dataset: Dataset
  /// How it is served.
  public let configuration: Configuration
  /// The position of the next batch: save it, with the seed, to resume.
  public private(set) var position: BatchPosition
  private var renderer: BatchRenderer
  private var prefetcher: BatchPrefetcher?

  /// A loader of `dataset`, whose batches carry the images of `paired` too when given: the clean
  /// images that belong to degraded ones, at the same indices.
  public init(
    _ dataset: Dataset, _ configuration: Configuration, pairedWith paired: Dataset? = nil,
    from position: BatchPosition = BatchPosition()
  ) throws(DatasetError) {
    guard dataset.count > 0 else { throw .noImages(name: dataset.name) }
    guard configuration.batchSize > 0,
      configuration.batchSize <= (configuration.dropsShortBatch ? dataset.count : 65_536)
    else { throw .invalidBatchSize(configuration.batchSize, imageCount: dataset.count) }
    guard configuration.labelSmoothing >= 0 && configuration.labelSmoothing < 1 else {
      throw .invalidAugmentation(
        reason: "label smoothing \(configuration.labelSmoothing): expected 0 up to 1, 1 excluded")
    }
    try configuration.augmentation?.validate(width: dataset.width, height: dataset.height)
    if let paired {
      try dataset.requireSameShape(as: paired)
      guard paired.labels == dataset.labels else {
        throw .incompatible(
          first: dataset.name, second: paired.name, reason: "their images are of other classes")
      }
    }
    (self.dataset, self.configuration) = (dataset, configuration)
    renderer = BatchRenderer(dataset: dataset, paired: paired, configuration: configuration)
    self.position = position
    guard
      (0..<1 << 40).contains(position.epoch)
        && (0..<renderer.batchesPerEpoch).contains(position.batch)
    else { throw .invalidPosition(position, batchesPerEpoch: renderer.batchesPerEpoch) }
  }

  deinit { prefetcher?.stop() }

  /// Batches in each epoch.
  public var batchesPerEpoch: Int { renderer.batchesPerEpoch }

  /// Continues with the batch at `position`.
  /// - Precondition: the position is inside of an epoch.
  public func seek(to position: BatchPosition) {
    precondition(
      position.epoch >= 0 && (0..<batchesPerEpoch).contains(position.batch),
      "a position is inside of an epoch")
    self.position = position
    prefetcher?.stop()
    prefetcher = nil
  }

  /// Fills `memory` with the next batch and says what is in it; `nil` after the last epoch.
  /// - Precondition: a loader without a paired set is not asked for paired images.
  public func next(into memory: BatchMemory) -> Batch? {
    precondition(
      memory.pairedImages == nil || renderer.paired != nil, "paired images need a paired set")
    if let epochCount = configuration.epochCount, position.epoch >= epochCount { return nil }
    let batch: Batch?
    if configuration.prefetchCount == 0 {
      batch = renderer.render(position, to: memory)
    } else {
      batch = startedPrefetcher().next { batch, buffer in
        copy(buffer.memory, to: memory)
        return batch
      }
    }
    position = renderer.advanced(position)
    return batch
  }

  /// The thread starts with the first batch, so that creating a loader early costs nothing.
  private func startedPrefetcher() -> BatchPrefetcher {
    if let prefetcher { return prefetcher }
    let started = BatchPrefetcher(
      renderer, from: position, endEpoch: configuration.epochCount,
      bufferCount: configuration.prefetchCount)
    prefetcher = started
    return started
  }

  private func copy(_ source: BatchMemory, to target: BatchMemory) {
    target.images.update(from: source.images, count: renderer.batchFloats)
    if let from = source.targets {
      target.targets?.update(from: from, count: renderer.targetFloats)
    }
    if let from = source.pairedImages {
      target.pairedImages?.update(from: from, count: renderer.batchFloats)
    }
  }
}

/// A place in a training run. With the seed, it is all that is needed to resume with the same
/// batches.
public struct BatchPosition: Codable, Hashable, Sendable {
  /// The epoch, from 0.
  public var epoch: Int
  /// The batch in its epoch, from 0.
  public var batch: Int

  /// The start of a run unless told.
  public init(epoch: Int = 0, batch: Int = 0) { (self.epoch, self.batch) = (epoch, batch) }
}

/// The contents of a batch's memory.
public struct Batch: Equatable, Sendable {
  /// Its place in the run.
  public let position: BatchPosition
  /// The index in the data set of each image.
  public let indices: [Int]
  /// The class of each image; of a mix, the class of the image that was mixed into.
  public let labels: [Int32]
  /// Images in the batch: fewer than the batch size at the end of an epoch whose short batch is
  /// kept. The rest of the memory is zero and adds nothing to a loss.
  public var count: Int { indices.count }
}

/// The caller's memory for one batch.
public struct BatchMemory {
  /// `batchSize · height · width · 3` floats: the images, NHWC, in [0, 1].
  public var images: UnsafeMutablePointer<Float>
  /// `batchSize · classCount` floats: the distribution over the classes that each image should get.
  public var targets: UnsafeMutablePointer<Float>?
  /// As `images`: the images of the paired set, cropped, shifted, flipped and mixed in the same
  /// way.
  public var pairedImages: UnsafeMutablePointer<Float>?

  /// Memory that outlives the call that fills it.
  public init(
    images: UnsafeMutablePointer<Float>, targets: UnsafeMutablePointer<Float>? = nil,
    pairedImages: UnsafeMutablePointer<Float>? = nil
  ) { (self.images, self.targets, self.pairedImages) = (images, targets, pairedImages) }
}
