// SPDX-License-Identifier: Apache-2.0

/// A place in a training run. With the seed, it is all that there is to save to go on with the very
/// same batches.
public struct BatchPosition: Codable, Hashable, Sendable {
  public var epoch: Int
  /// The batch in its epoch, from 0.
  public var batch: Int

  public init(epoch: Int = 0, batch: Int = 0) {
    self.epoch = epoch
    self.batch = batch
  }
}

/// What the memory of a batch was filled with.
public struct Batch: Equatable, Sendable {
  public let position: BatchPosition
  /// The index in the data set of each image.
  public let indices: [Int]
  /// The class of each image; of a mix, the class of the image that was mixed into.
  public let labels: [Int32]
  /// Images in the batch: less than the batch size at the end of an epoch whose short batch is
  /// kept. The memory behind them is zero, images and targets, so that they add nothing to a loss.
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

  public init(
    images: UnsafeMutablePointer<Float>, targets: UnsafeMutablePointer<Float>? = nil,
    pairedImages: UnsafeMutablePointer<Float>? = nil
  ) {
    self.images = images
    self.targets = targets
    self.pairedImages = pairedImages
  }
}
