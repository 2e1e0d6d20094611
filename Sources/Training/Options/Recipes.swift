// SPDX-License-Identifier: Apache-2.0
import Datasets

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
