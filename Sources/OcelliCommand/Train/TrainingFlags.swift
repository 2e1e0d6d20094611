// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Datasets
public import Training

/// How to train. What is not given is the phase's own default.
struct TrainingFlags: ParsableArguments {
  @Option(help: ArgumentHelp("Passes over the training images.", valueName: "n"))
  var epochs: Int?

  @Option(
    help: ArgumentHelp(
      "Images per step; an incomplete last batch of an epoch is left out.", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("The peak learning rate.", valueName: "rate"))
  var learningRate: Float?

  @Option(help: "The optimiser.")
  var optimizer: TrainingOptions.Optimizer?

  @Option(help: ArgumentHelp("Momentum of SGD (default: 0.9; speed run 0.85).", valueName: "m"))
  var momentum: Float?

  @Option(
    help: ArgumentHelp(
      "Weight decay of weights (default: 0.05 of classifiers, else 0).", valueName: "d"))
  var weightDecay: Float?

  @Option(help: "The schedule of the learning rate (default: one-cycle).")
  var schedule: TrainingOptions.Schedule?

  @Option(
    help: ArgumentHelp(
      "Share of the run over which the learning rate rises from 0.", valueName: "share")
  )
  var warmUp: Float?

  @Option(
    help: ArgumentHelp(
      "Largest norm of a step's gradients (default: 1 in the phase enhance).", valueName: "norm"))
  var clip: Float?

  @Option(
    help: ArgumentHelp(
      "Smoothing of the labels (default: 0.05 of classifiers).", valueName: "share"))
  var smoothing: Float?

  @Option(help: "How weights are averaged over steps.")
  var averaging: TrainingOptions.Averaging?

  @Option(help: "Flip training images (default: random).")
  var flip: Augmentation.Flip?

  @Option(
    help: ArgumentHelp("Shift training images by up to this many pixels.", valueName: "pixels"))
  var shift: Int?

  @Option(
    help: ArgumentHelp(
      "Side of the square that is cut out of each training image.", valueName: "pixels"))
  var cutout: Int?

  @Option(
    help: ArgumentHelp(
      "Mix pairs of training images, with shares of the distribution Beta(α, α).", valueName: "α"))
  var mixup: Float?

  @Option(
    help: ArgumentHelp(
      "Vary brightness, contrast and saturation by up to this share.", valueName: "share"))
  var jitter: Float?

  @Option(
    help: ArgumentHelp(
      "Crop training images to a part of at least this share, then resize it.", valueName: "share"))
  var crop: Float?

  @Option(
    help: ArgumentHelp("Stop after this many epochs without improvement.", valueName: "epochs"))
  var patience: Int?

  @Option(help: ArgumentHelp("Seed of all random choices.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Share of training images to hold out for choosing the best epoch.", valueName: "share"))
  var validation: Double = 0.1

  @Option(
    help: ArgumentHelp(
      "Start from this model, .safetensors or .tflite, instead of a new one.", valueName: "file"))
  var initial: String?

  @Flag(
    help: ArgumentHelp(
      "Fine-tune --initial rounded to 8 bits, at a tenth of the usual learning rate."))
  var quantizationAware = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Folder for checkpoints and logs.", valueName: "folder"))
  var output: String

  @Option(help: ArgumentHelp("Seconds between checkpoints.", valueName: "seconds"))
  var saveInterval: Double = 60

  @Flag(help: "Continue an interrupted run with the same options.")
  var resume = false

  @Flag(help: "Print a JSON object per epoch.")
  var json = false

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
