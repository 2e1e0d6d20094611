// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Kernels
import Network
import Training

struct TrainEnhancer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enhancer", abstract: "Train an enhancer in front of a frozen classifier.",
    discussion: """
      The phase `reconstruct` teaches the enhancer to reproduce its input (or, with \
      --degrade and --towards-clean, the image before degradation); the phase `enhance` to make \
      the frozen classifier right. Each phase has a folder of its own in the output folder. \
      Unless told otherwise each takes 5 epochs in batches of 64 by Adam, at a rate of up to 0.002.

        ocelli train enhancer --data scenes --degrade dull=0.5,blur=0.8,noise=0.05 \\
          --classifier classifier/best.safetensors --output enhancer
      """)

  enum Phases: String, CaseIterable, ExpressibleByArgument {
    case reconstruct, enhance, both
  }

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Model") var model: EnhancerOptions
  @OptionGroup(title: "Training") var flags: TrainingFlags
  @OptionGroup var threads: ThreadOptions

  @Option(
    help: ArgumentHelp(
      "The frozen classifier, .safetensors or .tflite; the phase enhance needs it.",
      valueName: "file"))
  var classifier: String?

  @Option(help: "Which phases to run.")
  var phases = Phases.both

  @Option(
    help: ArgumentHelp("Epochs of the phase reconstruct (default: as --epochs).", valueName: "n"))
  var reconstructEpochs: Int?

  @Flag(help: "Reconstruct the image before degradation instead of the input.")
  var towardsClean = false

  @Flag(help: "Reconstruct by the squared error instead of binary cross-entropy.")
  var squaredError = false

  func validate() throws {
    try checkRange("reconstruct-epochs", reconstructEpochs, 1...1_000_000)
    if phases != .reconstruct && classifier == nil {
      throw ValidationError("the phase enhance needs --classifier")
    }
    if towardsClean && data.images.degrade == nil {
      throw ValidationError("--towards-clean needs --degrade")
    }
  }

  func run() throws {
    let enhanceOptions = try flags.options(.enhance)
    if phases != .enhance { try TrainingRun.requireFree(flags.output + "/reconstruct", flags) }
    if phases != .reconstruct { try TrainingRun.requireFree(flags.output + "/enhance", flags) }
    let frozen = try classifier.map { try Model.inFloats(contentsOf: $0, as: .classifier) }
    let pool = try threads.pool()
    let parts = try data.load()
    let (training, validation) = try flags.split(parts.training)
    let enhancer = try initialEnhancer(training, pool)
    if let classifier, let frozen {
      try frozen.check(
        parts.training, from: data.data, path: classifier, needsLabels: phases != .reconstruct)
    }
    if phases != .enhance {
      var options = try flags.options(.reconstruct)
      if let reconstructEpochs { options.epochs = reconstructEpochs }
      let clean = towardsClean ? try parts.cleanTraining.map { try flags.split($0) } : nil
      let task = TrainingTask.reconstruct(
        enhancer, usesSquaredError: squaredError, training: training,
        cleanTraining: clean?.training, validation: validation,
        cleanValidation: clean?.validation)
      let folder = flags.output + "/reconstruct"
      try TrainingRun.run(task, options, pool, folder: folder, flags: flags)
      let best = try ModelFile.load(folder + "/best.safetensors")
      enhancer.parameters.copyParameters(from: best.parameters)
    }
    guard phases != .reconstruct, let classifier, let frozen else { return }
    guard
      let task = try TrainingTask.enhance(
        enhancer, classifier: frozen, labelSmoothing: enhanceOptions.labelSmoothing,
        training: training, validation: validation)
    else { throw CommandError("no memory for the parameters") }
    let folder = flags.output + "/enhance"
    try TrainingRun.run(task, enhanceOptions, pool, folder: folder, flags: flags)
    TrainingRun.advise(
      flags,
      ["evaluate"] + data.arguments
        + ["--classifier", classifier, "--enhancer", "\(folder)/best.safetensors"])
  }

  private func initialEnhancer(_ training: Dataset, _ pool: ThreadPool) throws -> Model {
    if let initial = flags.initial {
      return try InitialModel(
        path: initial, role: .enhancer, simulatesIntegers: flags.quantizationAware
      ).load(trainedOn: training, from: data.data, pool)
    }
    let graph = try model.graph(height: training.height, width: training.width)
    guard let parameters = ParameterStore(graph) else {
      throw CommandError("no memory for the parameters")
    }
    parameters.initialize(seed: flags.seed)
    return Model(role: .enhancer, graph: graph, parameters: parameters)
  }
}
