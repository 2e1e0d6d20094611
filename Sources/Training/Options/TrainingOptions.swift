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
    var options = reconstruct
    options.gradientClip = 1
    return options
  }
}

/// What differs from a recipe: `nil` leaves the recipe's own value.
///
/// A new option is a field here, a line in `options` and, in the command, a flag.
public struct TrainingOverrides: Codable, Equatable, Sendable {
  /// Passes over the training images.
  public var epochs: Int?
  /// Images in a step.
  public var batchSize: Int?
  /// The peak learning rate.
  public var learningRate: Float?
  /// The rule of updates.
  public var optimizer: TrainingOptions.Optimizer?
  /// Momentum of SGD.
  public var momentum: Float?
  /// Weight decay of weights.
  public var weightDecay: Float?
  /// How the learning rate moves.
  public var schedule: TrainingOptions.Schedule?
  /// The share of the run over which the rate first rises from 0.
  public var warmUp: Float?
  /// The largest norm of a step's gradients.
  public var gradientClip: Float?
  /// The share of a label that is spread over all classes.
  public var labelSmoothing: Float?
  /// What is averaged over steps.
  public var averaging: TrainingOptions.Averaging?
  /// Epochs without improvement after which the run ends.
  public var patience: Int?
  /// Mirroring of training images.
  public var flip: Augmentation.Flip?
  /// The largest shift of training images, in pixels.
  public var shift: Int?
  /// The side of the square that is cut out of training images, in pixels.
  public var cutout: Int?
  /// α of the distribution Beta(α, α) of the shares in which pairs of images are mixed.
  public var mixup: Float?
  /// Brightness, contrast and saturation vary by this share.
  public var jitter: Float?
  /// Images are cropped to a part of at least this share, which is then resized.
  public var crop: Float?

  /// Nothing differs.
  public init() {}

  /// `recipe` with everything that is given here.
  public func applied(to recipe: TrainingOptions) -> TrainingOptions {
    var options = recipe
    for option in Self.options { option.apply(self, &options) }
    return options
  }

  /// The first value that is out of its range, for people: `epochs 0: expected 1 to 1000000`.
  public var problem: String? { Self.options.lazy.compactMap { $0.problem(self, $0.name) }.first }

  /// The same under the names of the command's flags: `--batch 0: expected 1 to 65536`.
  package var flagProblem: String? {
    Self.options.lazy.compactMap { $0.problem(self, "--" + $0.flag) }.first
  }

  /// What is known of an option.
  private struct Option {
    /// In files.
    let name: String
    /// On the command line.
    let flag: String
    /// What the option does to the options of a run, where it is given.
    let apply: (TrainingOverrides, inout TrainingOptions) -> Void
    /// What is wrong with its value, under the name that is given.
    var problem: (TrainingOverrides, String) -> String? = { _, _ in nil }

    /// An option of which all values are allowed.
    init<Value>(
      _ name: String, _ path: KeyPath<TrainingOverrides, Value?>, flag: String? = nil,
      _ set: @escaping (inout TrainingOptions, Value) -> Void
    ) {
      self.name = name
      self.flag =
        flag ?? name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
      apply = { overrides, options in
        if let value = overrides[keyPath: path] { set(&options, value) }
      }
    }

    /// An option with a range.
    init<Value: Comparable>(
      _ name: String, _ path: KeyPath<TrainingOverrides, Value?>, flag: String? = nil,
      in range: ClosedRange<Value>, _ set: @escaping (inout TrainingOptions, Value) -> Void
    ) {
      self.init(name, path, flag: flag, set)
      problem = { overrides, name in
        overrides[keyPath: path].flatMap { rangeProblem(name, $0, range) }
      }
    }
  }

  private static var options: [Option] {
    [
      Option("epochs", \.epochs, in: 1...1_000_000) { $0.epochs = $1 },
      Option("batchSize", \.batchSize, flag: "batch", in: 1...65536) { $0.batchSize = $1 },
      Option("learningRate", \.learningRate, in: 0...1000) { $0.learningRate = $1 },
      Option("optimizer", \.optimizer) { $0.optimizer = $1 },
      Option("momentum", \.momentum, in: 0...1) { $0.momentum = $1 },
      Option("weightDecay", \.weightDecay, in: 0...10) { $0.weightDecay = $1 },
      Option("schedule", \.schedule) { $0.schedule = $1 },
      Option("warmUp", \.warmUp, in: 0...1) { $0.warmUp = $1 },
      Option("gradientClip", \.gradientClip, flag: "clip", in: 1e-9...1e9) { $0.gradientClip = $1 },
      Option("labelSmoothing", \.labelSmoothing, flag: "smoothing", in: 0...0.99) {
        $0.labelSmoothing = $1
      }, Option("averaging", \.averaging) { $0.averaging = $1 },
      Option("patience", \.patience, in: 1...1_000_000) { $0.patience = $1 },
      Option("flip", \.flip) { $0.augmentation.flip = $1 },
      Option("shift", \.shift, in: 0...16_383) { $0.augmentation.shift = $1 },
      Option("cutout", \.cutout, in: 0...16_384) { $0.augmentation.cutout = $1 },
      Option("mixup", \.mixup, in: 0...2) { $0.augmentation.mixup = $1 },
      Option("jitter", \.jitter, in: 0...1) {
        $0.augmentation.colorJitter = .init(brightness: $1, contrast: $1, saturation: $1)
      },
      Option("crop", \.crop, in: 0.01...1) {
        $0.augmentation.resizedCrop = .init(smallestArea: $1)
      },
    ]
  }
}

/// What is wrong with a value outside of `range`: `--width 9: expected 1 to 8`.
package func rangeProblem<Value: Comparable>(
  _ name: String, _ value: Value, _ range: ClosedRange<Value>
) -> String? {
  func text(_ value: Value) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
  return range.contains(value)
    ? nil
    : "\(name) \(text(value)): expected \(text(range.lowerBound)) to \(text(range.upperBound))"
}
