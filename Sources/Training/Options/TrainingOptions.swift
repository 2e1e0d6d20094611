// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Network

/// All that decides what a training run computes: the same options and data give the same bytes.
public struct TrainingOptions: Codable, Equatable, Sendable {
  /// The rules of updates: SGD with Nesterov momentum, Adam, Adam with decoupled weight decay.
  public enum Optimizer: String, Codable, Sendable, CaseIterable { case sgd, adam, adamw }
  /// How the learning rate moves over the run.
  public enum Schedule: String, Codable, Sendable, CaseIterable {
    case constant, step, cosine, oneCycle = "one-cycle"
  }
  /// What is averaged over steps.
  public enum Averaging: String, Codable, Sendable, CaseIterable {
    case none
    /// Evaluates and saves an exponential moving average of the weights.
    case exponential
    /// Every five steps the weights return to their average, whose memory grows with the cube of
    /// the progress.
    case lookahead
  }

  /// Passes over the training images.
  public var epochs = 10
  /// Images in a step.
  public var batchSize = 64
  /// The peak.
  public var learningRate: Float = 1e-3
  /// The rule of updates.
  public var optimizer = Optimizer.adam
  /// Of SGD.
  public var momentum: Float = 0.9
  /// Of weights; biases, scales and offsets have none.
  public var weightDecay: Float = 0
  /// How the learning rate moves.
  public var schedule = Schedule.oneCycle
  /// The learning rate at the start of one cycle, over its peak.
  public var initialRate: Float = 0.1
  /// The learning rate at the end of one cycle or of a cosine, over its peak.
  public var finalRate: Float = 0.01
  /// The fraction of the run after which one cycle peaks.
  public var peakPosition: Float = 0.25
  /// The fraction of the run over which the rate first rises from 0.
  public var warmUp: Float = 0
  /// The largest norm of a step's gradients; `nil` for no limit.
  public var gradientClip: Float?
  /// The share of a label that is spread over all classes, from 0 to 1.
  public var labelSmoothing: Float = 0
  /// What is averaged over steps.
  public var averaging = Averaging.none
  /// Of the exponential average, a step.
  public var averageDecay: Float = 0.999
  /// The learning rate of scales of batch normalisations over that of weights.
  public var scaleRateMultiplier: Float = 1
  /// The learning rate of offsets of batch normalisations over that of weights.
  public var offsetRateMultiplier: Float = 1
  /// How training images are varied.
  public var augmentation = Augmentation()
  /// What all random choices derive from.
  public var seed: UInt64 = 1
  /// Epochs without improvement on the validation set after which the run ends.
  public var patience: Int?

  /// Adam in one cycle, without augmentation.
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

/// Options that work well where nothing else is said.
extension TrainingOptions {
  /// A classifier of small images.
  public static var classifier: TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 10
    options.batchSize = 64
    options.learningRate = 3e-3
    options.optimizer = .adamw
    options.weightDecay = 5e-2
    options.augmentation.flip = .random
    options.labelSmoothing = 0.05
    return options
  }

  /// airbench94 (Jordan, arXiv:2404.00498) with its learning rate for a batch of 512: SGD with
  /// Nesterov momentum 0.85, a triangular schedule, weights that return to their average, fast
  /// offsets.
  public static var speedRun: TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 10
    options.batchSize = 512
    options.learningRate = 0.75
    options.optimizer = .sgd
    options.momentum = 0.85
    options.weightDecay = 1.33e-3
    options.schedule = .oneCycle
    options.initialRate = 0.2
    options.peakPosition = 0.23
    options.finalRate = 0.07
    options.labelSmoothing = 0.2
    options.averaging = .lookahead
    options.scaleRateMultiplier = 0
    options.offsetRateMultiplier = 64
    options.augmentation.flip = .alternating
    options.augmentation.shift = 2
    return options
  }

  /// An enhancer that reproduces its input.
  public static var reconstruct: TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 5
    options.batchSize = 64
    options.learningRate = 2e-3
    options.augmentation.flip = .random
    return options
  }

  /// An enhancer in front of a frozen classifier.
  public static var enhance: TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 5
    options.batchSize = 64
    options.learningRate = 2e-3
    options.gradientClip = 1
    options.augmentation.flip = .random
    return options
  }
}
