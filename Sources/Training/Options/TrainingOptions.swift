// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Network

/// All that decides what a training run computes: the same options and data give the same bytes.
public struct TrainingOptions: Codable, Equatable, Sendable {
  public enum Optimizer: String, Codable, Sendable, CaseIterable { case sgd, adam, adamw }
  public enum Schedule: String, Codable, Sendable, CaseIterable {
    case constant, step, cosine, oneCycle = "one-cycle"
  }
  public enum Averaging: String, Codable, Sendable, CaseIterable {
    case none
    /// Evaluates and saves an exponential moving average of the weights.
    case exponential
    /// Every five steps the weights return to their average, whose memory grows with the cube of
    /// the progress.
    case lookahead
  }

  public var epochs = 10
  public var batchSize = 64
  public var learningRate: Float = 1e-3
  public var optimizer = Optimizer.adam
  public var momentum: Float = 0.9
  public var weightDecay: Float = 0
  public var schedule = Schedule.oneCycle
  /// The learning rate at the start and at the end of one cycle, and at the end of a cosine, over
  /// its peak.
  public var initialRate: Float = 0.1
  public var finalRate: Float = 0.01
  /// The fraction of the run after which one cycle peaks.
  public var peakPosition: Float = 0.25
  /// The fraction of the run over which the rate first rises from 0.
  public var warmUp: Float = 0
  public var gradientClip: Float?
  public var labelSmoothing: Float = 0
  public var averaging = Averaging.none
  public var averageDecay: Float = 0.999
  /// The learning rates of scales and offsets of batch normalisations over that of weights.
  public var scaleRateMultiplier: Float = 1
  public var offsetRateMultiplier: Float = 1
  public var augmentation = Augmentation()
  public var seed: UInt64 = 1
  /// Epochs without improvement on the validation set after which the run ends.
  public var patience: Int?

  public init() {}

  var optimizerOptions: OptimizerOptions {
    let rule: UpdateRule =
      switch optimizer {
      case .sgd: .sgd(momentum: momentum, nesterov: momentum > 0)
      case .adam: .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      case .adamw: .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8)
      }
    return OptimizerOptions(
      rule, weightDecay: weightDecay, gradientClip: gradientClip,
      scaleRateMultiplier: scaleRateMultiplier, offsetRateMultiplier: offsetRateMultiplier)
  }

  var learningRateSchedule: LearningRateSchedule {
    let shape: LearningRateSchedule.Shape =
      switch schedule {
      case .constant: .constant
      case .step: .step(at: [0.5, 0.75], factor: 0.1)
      case .cosine: .cosine(final: finalRate)
      case .oneCycle: .oneCycle(initial: initialRate, peak: peakPosition, final: finalRate)
      }
    return LearningRateSchedule(shape, warmUp: warmUp)
  }
}
