// SPDX-License-Identifier: Apache-2.0
import Architectures
import ArgumentParser
import Datasets
import Kernels
import Network
import SharedCommands
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train a classifier, or an enhancer in front of one.",
    discussion: """
        ocelli train classifier --data scenes --output classifier
        ocelli train enhancer --data scenes --output enhancer \\
          --classifier classifier/best.safetensors
      """,
    subcommands: [TrainClassifier.self, TrainEnhancer.self])
}

struct TrainClassifier: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classifier", abstract: "Train a classifier from images.",
    discussion: """
      The folder gets best.safetensors (the model of the best epoch on held-out images), \
      last.safetensors (the whole state, for --resume), metrics.jsonl and a TensorBoard log. \
      Unless told otherwise it trains 10 epochs in batches of 64 by AdamW, at a rate of up to 0.003.

        ocelli train classifier --data scenes --output classifier
        ocelli train classifier --data cifar10 --recipe speed-run --output speed-run
        ocelli train classifier --data scenes --initial classifier/best.safetensors \\
          --quantization-aware --output rounded
      """)

  enum Recipe: String, CaseIterable, ExpressibleByArgument {
    case standard
    case speedRun = "speed-run"
  }

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Model") var model: ClassifierOptions
  @OptionGroup(title: "Training") var flags: TrainingFlags
  @OptionGroup var threads: ThreadOptions

  @Option(help: "Defaults for all training options; speed-run also sets the architecture.")
  var recipe = Recipe.standard

  func validate() throws {
    if recipe == .speedRun, let architecture = model.architecture, architecture != .speedRun {
      throw ValidationError(
        "--recipe speed-run has its own architecture, not \(architecture.rawValue)")
    }
    if flags.initial != nil && model.architecture != nil {
      throw ValidationError("--initial has its own architecture: leave out --architecture")
    }
  }

  func run() throws {
    let options = try flags.options(recipe == .speedRun ? .speedRun : .classifier)
    try TrainingRun.requireFree(flags.output, flags)
    let pool = try threads.pool()
    let parts = try data.load()
    let (training, validation) = try flags.split(parts.training)
    let (classifier, frozen) = try initialClassifier(training, options, pool)
    let task = TrainingTask.classifier(
      classifier, labelSmoothing: options.labelSmoothing, frozenNodes: frozen, training: training,
      validation: validation)
    try TrainingRun.run(task, options, pool, folder: flags.output, flags: flags)
    TrainingRun.advise(
      flags,
      ["evaluate"] + data.arguments + ["--classifier", "\(flags.output)/best.safetensors"])
  }

  /// The model as training finds it, and the nodes that stay as they are.
  private func initialClassifier(
    _ training: Dataset, _ options: TrainingOptions, _ pool: ThreadPool
  ) throws -> (Model, frozen: Set<Int>) {
    if let initial = flags.initial {
      let classifier = try InitialModel(
        path: initial, role: .classifier, isFakeQuantized: flags.quantizationAware
      ).load(trainedOn: training, from: data.data, pool)
      let whitening = classifier.graph.index(ofNodeNamed: SpeedRunNet.whiteningNode)
      return (classifier, whitening.map { [$0] } ?? [])
    }
    var specification = model.specification
    if recipe == .speedRun { specification.architecture = .speedRun }
    return try specification.model(for: training, seed: options.seed)
  }
}
