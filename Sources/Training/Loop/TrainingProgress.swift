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
  public internal(set) var history: [EpochRecord] = []
  public internal(set) var best: Best?

  public struct Totals: Codable, Equatable, Sendable {
    public internal(set) var loss = 0.0
    public internal(set) var correct = 0
    public internal(set) var images = 0

    public var meanLoss: Double { images == 0 ? 0 : loss / Double(images) }
    public var accuracy: Double { images == 0 ? 0 : Double(correct) / Double(images) }
  }

  /// What one epoch brought.
  public struct EpochRecord: Codable, Equatable, Sendable {
    public var epoch: Int
    public var step: Int
    public var trainingLoss: Double
    /// `nil` in the phase `reconstruct`.
    public var trainingAccuracy: Double?
    public var validationLoss: Double?
    public var validationAccuracy: Double?
  }

  public struct Best: Codable, Equatable, Sendable {
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
  public var epoch: Int
  public var epochCount: Int
  public var batch: Int
  public var batchesPerEpoch: Int
  public var step: Int
  public var images: Int
  public var meanLoss: Double
  public var accuracy: Double?
  public var learningRate: Float
  public var gradientNorm: Float
}

/// Asks a run to stop after the present step, from any thread.
public final class StopRequest: @unchecked Sendable {
  private let lock = NSLock()
  // Behind the lock.
  private var flag = false

  public init() {}

  public var isRequested: Bool {
    get { lock.withLock { flag } }
    set { lock.withLock { flag = newValue } }
  }
}
