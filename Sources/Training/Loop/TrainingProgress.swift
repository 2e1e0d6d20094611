// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation

/// Where a run stands: with the parameters and the optimiser's moments, all that a checkpoint
/// holds.
public struct TrainingProgress: Codable, Equatable, Sendable {
  /// The next batch.
  public internal(set) var position = BatchPosition()
  /// Optimiser steps taken.
  public internal(set) var step = 0
  /// Sums over this epoch's images so far.
  public internal(set) var epoch = Totals()
  /// A record of each finished epoch.
  public internal(set) var history: [EpochRecord] = []
  /// The best epoch so far.
  public internal(set) var best: Best?

  /// Sums over the images of an epoch.
  public struct Totals: Codable, Equatable, Sendable {
    /// The sum of losses.
    public internal(set) var loss = 0.0
    /// Images whose class was right.
    public internal(set) var correct = 0
    /// Images that ran.
    public internal(set) var images = 0

    /// The mean loss; 0 without images.
    public var meanLoss: Double { images == 0 ? 0 : loss / Double(images) }
    /// The share of right classes, from 0 to 1; 0 without images.
    public var accuracy: Double { images == 0 ? 0 : Double(correct) / Double(images) }
  }

  /// What one epoch brought.
  public struct EpochRecord: Codable, Equatable, Sendable {
    /// From 0.
    public var epoch: Int
    /// Steps of the run at the end of the epoch.
    public var step: Int
    /// The mean over the training images, as they were trained on.
    public var trainingLoss: Double
    /// `nil` in the phase `reconstruct`.
    public var trainingAccuracy: Double?
    /// `nil` without validation images; in the phase `reconstruct`, the mean squared error.
    public var validationLoss: Double?
    /// From 0 to 1; `nil` without validation images and in the phase `reconstruct`.
    public var validationAccuracy: Double?
  }

  /// The best epoch so far, and how good it was.
  public struct Best: Codable, Equatable, Sendable {
    /// From 0.
    public var epoch: Int
    /// Higher is better: the accuracy, or the negative loss.
    public var score: Double
  }
}

/// What a run tells about itself while it goes on.
public protocol TrainingObserver: AnyObject {
  /// After every step.
  func didStep(_ report: StepReport)
  /// After every epoch.
  func didEndEpoch(_ record: TrainingProgress.EpochRecord, isBest: Bool)
}

/// One step, as an observer sees it.
public struct StepReport: Sendable {
  /// The epoch, from 0.
  public var epoch: Int
  /// Epochs of the run.
  public var epochCount: Int
  /// The batch in the epoch, from 0.
  public var batch: Int
  /// Batches of an epoch.
  public var batchesPerEpoch: Int
  /// Steps of the run, this one included.
  public var step: Int
  /// Images of this step.
  public var images: Int
  /// The mean loss of the epoch so far.
  public var meanLoss: Double
  /// The accuracy of the epoch so far; `nil` in the phase `reconstruct`.
  public var accuracy: Double?
  /// The rate of this step.
  public var learningRate: Float
  /// The norm of all gradients together, before clipping.
  public var gradientNorm: Float
}

/// Asks a run to stop after the present step, from any thread.
public final class StopRequest: @unchecked Sendable {
  private let lock = NSLock()
  // Behind the lock.
  private var flag = false

  /// Nothing is requested yet.
  public init() {}

  /// Whether the run is to save its state and stop. Can be set from any thread.
  public var isRequested: Bool {
    get { lock.withLock { flag } }
    set { lock.withLock { flag = newValue } }
  }
}
