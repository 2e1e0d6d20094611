// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Datasets
import Kernels
import Network
import SharedCommands
import Training

struct TrainEnhancer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enhancer", abstract: "Train an enhancer in front of a frozen classifier.",
    discussion: """
      The phase `reconstruct` teaches the enhancer to reproduce its input (or, with \
      --degrade and --towards-clean, the image before degradation); the phase `enhance` to make \
      the frozen classifier right. Each phase has a folder of its own in the output folder. \
      Unless told otherwise each takes 5 epochs in batches of 64 by Adam, at a rate of up to 0.002.

      The phase `enhance` can ask for more than right answers: for images that stay near the \
      clean ones (--reconstruction) or are smooth (--total-variation), for the classifier's own \
      answer to the clean image instead of labels (--unsupervised), for several classifiers at \
      once, or for an intermediate transformer behind a processor that stays as it is (--processor).

        ocelli train enhancer --data scenes --degrade dull=0.5,blur=0.8,noise=0.05 \\
          --classifier classifier/best.safetensors --output enhancer
        ocelli train enhancer --data scenes --degrade shrink=2 --head residual \\
          --classifier classifier/best.safetensors --reconstruction 10 --output sharp
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
      "The frozen classifier, .safetensors or .tflite, which the phase enhance needs. Of several, "
        + "the first one's accuracy is shown.", valueName: "file"))
  var classifier: [String] = []

  @Option(help: "Which phases to run.")
  var phases = Phases.both

  @Option(
    help: ArgumentHelp("Epochs of the phase reconstruct (default: as --epochs).", valueName: "n"))
  var reconstructEpochs: Int?

  @Flag(help: "Reconstruct the image before degradation instead of the input.")
  var towardsClean = false

  @Flag(help: "Reconstruct by the squared error instead of binary cross-entropy.")
  var squaredError = false

  @OptionGroup(title: "Objective of the phase enhance") var objective: ObjectiveOptions

  @Option(
    help: ArgumentHelp(
      "A frozen enhancer in front of the one that is trained.", valueName: "file"))
  var processor: String?

  func validate() throws {
    try checkRange("reconstruct-epochs", reconstructEpochs, 1...1_000_000)
    if phases != .reconstruct && classifier.isEmpty {
      throw ValidationError("the phase enhance needs --classifier")
    }
    if towardsClean && data.images.degrade == nil {
      throw ValidationError("--towards-clean needs --degrade")
    }
    if processor != nil && phases != .enhance {
      throw ValidationError("--processor needs --phases enhance")
    }
  }

  func run() throws {
    if phases != .enhance { try TrainingRun.requireFree(flags.output + "/reconstruct", flags) }
    if phases != .reconstruct { try TrainingRun.requireFree(flags.output + "/enhance", flags) }
    let frozen = try classifier.map { try Model.inFloats(contentsOf: $0, as: .classifier) }
    let front = try processor.map { try Model.inFloats(contentsOf: $0, as: .enhancer) }
    let pool = try threads.pool()
    let parts = try data.load()
    let images = try split(parts)
    let enhancer = try initialEnhancer(images.training, pool)
    for (path, model) in zip(classifier, frozen) {
      try model.check(
        parts.training, from: data.data, path: path, needsLabels: phases != .reconstruct)
    }
    if let processor, let front {
      try front.check(parts.training, from: data.data, path: processor, needsLabels: false)
    }
    if phases != .enhance { try reconstruct(enhancer, images, pool) }
    if phases != .reconstruct { try enhance(enhancer, behind: front, frozen, images, pool) }
  }

  /// The images to learn from and to choose by, degraded and clean.
  private struct Images {
    var training: Dataset
    var validation: Dataset?
    var cleanTraining: Dataset?
    var cleanValidation: Dataset?
  }

  private func split(_ parts: DataSpecification.Parts) throws -> Images {
    let (training, validation) = try flags.split(parts.training)
    let clean = try parts.cleanTraining.map { try flags.split($0) }
    return Images(
      training: training, validation: validation, cleanTraining: clean?.training,
      cleanValidation: clean?.validation)
  }

  /// Leaves the best epoch's parameters in the enhancer.
  private func reconstruct(_ enhancer: Model, _ images: Images, _ pool: ThreadPool) throws {
    var options = try flags.options(.reconstruct)
    if let reconstructEpochs { options.epochs = reconstructEpochs }
    let task = TrainingTask.reconstruct(
      enhancer, usesSquaredError: squaredError, training: images.training,
      cleanTraining: towardsClean ? images.cleanTraining : nil, validation: images.validation,
      cleanValidation: towardsClean ? images.cleanValidation : nil)
    let folder = flags.output + "/reconstruct"
    try TrainingRun.run(task, options, pool, folder: folder, flags: flags)
    let best = try ModelFile.load(folder + "/best.safetensors")
    enhancer.parameters.copyParameters(from: best.parameters)
  }

  private func enhance(
    _ enhancer: Model, behind processor: Model?, _ classifiers: [Model], _ images: Images,
    _ pool: ThreadPool
  ) throws {
    let options = try flags.options(.enhance)
    let whole =
      try processor.map { try Model.chained(processor: $0, intermediateTransformer: enhancer) }
      ?? enhancer
    guard let whole,
      let task = try TrainingTask.enhance(
        whole, classifiers: classifiers, objective.objective,
        labelSmoothing: options.labelSmoothing, training: images.training,
        cleanTraining: images.cleanTraining, validation: images.validation)
    else { throw CommandError("no memory for the parameters") }
    let folder = flags.output + "/enhance"
    try TrainingRun.run(task, options, pool, folder: folder, flags: flags)
    TrainingRun.advise(
      flags,
      ["evaluate"] + data.arguments
        + ["--classifier", classifier[0], "--enhancer", "\(folder)/best.safetensors"])
  }

  private func initialEnhancer(_ training: Dataset, _ pool: ThreadPool) throws -> Model {
    if let initial = flags.initial {
      return try InitialModel(
        path: initial, role: .enhancer, isFakeQuantized: flags.quantizationAware
      ).load(trainedOn: training, from: data.data, pool)
    }
    return try model.specification.model(for: training, seed: flags.seed)
  }
}
