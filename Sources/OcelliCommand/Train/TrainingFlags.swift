// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Datasets
public import Training

/// How to train. What is not given is the phase's own default.
struct TrainingFlags: ParsableArguments {
  @Option(help: .value("n", "Passes over the training images.")) var epochs: Int?

  @Option(help: .value("n", "Images per step; an incomplete last batch of an epoch is left out."))
  var batch: Int?

  @Option(help: .value("rate", "The peak learning rate.")) var learningRate: Float?

  @Option(help: "The optimiser.") var optimizer: TrainingOptions.Optimizer?

  @Option(help: .value("m", "Momentum of SGD (default: 0.9; speed run 0.85).")) var momentum: Float?

  @Option(help: .value("d", "Weight decay of weights (default: 0.05 of classifiers, else 0)."))
  var weightDecay: Float?

  @Option(help: "The schedule of the learning rate (default: one-cycle).") var schedule:
    TrainingOptions.Schedule?

  @Option(help: .value("share", "Share of the run over which the learning rate rises from 0."))
  var warmUp: Float?

  @Option(
    help: .value("norm", "Largest norm of a step's gradients (default: 1 in the phase enhance)."))
  var clip: Float?

  @Option(help: .value("share", "Smoothing of the labels (default: 0.05 of classifiers)."))
  var smoothing: Float?

  @Option(help: "How weights are averaged over steps.") var averaging: TrainingOptions.Averaging?

  @Option(help: "Flip training images (default: random).") var flip: Augmentation.Flip?

  @Option(help: .value("pixels", "Shift training images by up to this many pixels.")) var shift:
    Int?

  @Option(help: .value("pixels", "Side of the square that is cut out of each training image."))
  var cutout: Int?

  @Option(
    help: .value("α", "Mix pairs of training images, with shares of the distribution Beta(α, α)."))
  var mixup: Float?

  @Option(help: .value("share", "Vary brightness, contrast and saturation by up to this share."))
  var jitter: Float?

  @Option(
    help: .value("share", "Crop training images to a part of at least this share, then resize it."))
  var crop: Float?

  @Option(help: .value("epochs", "Stop after this many epochs without improvement.")) var patience:
    Int?

  @Option(help: .value("n", "Seed of all random choices.")) var seed: UInt64 = 1

  @Option(
    help: .value("share", "Share of training images to hold out for choosing the best epoch."))
  var validation: Double = 0.1

  @Option(
    help: .value("file", "Start from this model, .safetensors or .tflite, instead of a new one."))
  var initial: String?

  @Flag(
    help: ArgumentHelp(
      "Fine-tune --initial rounded to 8 bits, at a tenth of the usual learning rate."))
  var quantizationAware = false

  @Option(name: [.short, .long], help: .value("folder", "Folder for checkpoints and logs."))
  var output: String

  @Option(help: .value("seconds", "Seconds between checkpoints.")) var saveInterval: Double = 60

  @Flag(help: "Continue an interrupted run with the same options.") var resume = false

  @Flag(help: "Print a JSON object per epoch.") var json = false

  func validate() throws {
    if let problem = overrides.flagProblem { throw ValidationError(problem) }
    try checkRange("save-interval", saveInterval, 0...1e9)
    if validation != 0 { try checkShare("validation", validation, includesOne: false) }
    if patience != nil && validation == 0 {
      throw ValidationError("--patience needs held-out images: leave out --validation 0")
    }
    if quantizationAware && initial == nil {
      throw ValidationError("--quantization-aware needs --initial: a trained model to fine-tune")
    }
    if output.isEmpty { throw ValidationError("--output: expected the name of a folder") }
  }

  /// `defaults` with everything that was given.
  func options(_ defaults: TrainingOptions) throws -> TrainingOptions {
    var options = defaults
    if quantizationAware { options.learningRate /= 10 }
    options = overrides.applied(to: options)
    options.seed = seed
    if momentum != nil && options.optimizer != .sgd {
      throw ValidationError("--momentum needs --optimizer sgd")
    }
    return options
  }

  private var overrides: TrainingOverrides {
    var overrides = TrainingOverrides()
    overrides.epochs = epochs
    overrides.batchSize = batch
    overrides.learningRate = learningRate
    overrides.optimizer = optimizer
    overrides.momentum = momentum
    overrides.weightDecay = weightDecay
    overrides.schedule = schedule
    overrides.warmUp = warmUp
    overrides.gradientClip = clip
    overrides.labelSmoothing = smoothing
    overrides.averaging = averaging
    overrides.patience = patience
    overrides.flip = flip
    overrides.shift = shift
    overrides.cutout = cutout
    overrides.mixup = mixup
    overrides.jitter = jitter
    overrides.crop = crop
    return overrides
  }

  /// The images to learn from, and those that choose the best epoch.
  func split(_ training: Dataset) throws -> (training: Dataset, validation: Dataset?) {
    if validation == 0 { return (training, nil) }
    let parts = try training.split(fraction: validation, seed: seed)
    return (parts.first, parts.second)
  }
}

extension TrainingOptions.Optimizer: ExpressibleByArgument {}
extension TrainingOptions.Schedule: ExpressibleByArgument {}
extension TrainingOptions.Averaging: ExpressibleByArgument {}
extension Augmentation.Flip: ExpressibleByArgument {}
