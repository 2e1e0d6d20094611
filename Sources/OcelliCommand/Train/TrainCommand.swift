// SPDX-License-Identifier: Apache-2.0
import Architectures
import ArgumentParser
import Datasets
import Dispatch
import Foundation
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
      """, subcommands: [TrainClassifier.self, TrainEnhancer.self])
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
    let parts = try data.load(threads)
    let (training, validation) = try flags.split(parts.training)
    let (classifier, frozen) = try initialClassifier(training, options, pool)
    let task = TrainingTask.classifier(
      classifier, labelSmoothing: options.labelSmoothing, frozenNodes: frozen, training: training,
      validation: validation)
    try TrainingRun.run(task, options, pool, folder: flags.output, flags: flags)
    TrainingRun.advise(
      flags, ["evaluate"] + data.arguments + ["--classifier", "\(flags.output)/best.safetensors"])
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

  enum Phases: String, CaseIterable, ExpressibleByArgument { case reconstruct, enhance, both }

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Model") var model: EnhancerOptions
  @OptionGroup(title: "Training") var flags: TrainingFlags
  @OptionGroup var threads: ThreadOptions

  @Option(
    help: .value(
      "file",
      "The frozen classifier, .safetensors or .tflite, which the phase enhance needs. Of several, "
        + "the first one's accuracy is shown.")) var classifier: [String] = []

  @Option(help: "Which phases to run.") var phases = Phases.both

  @Option(help: .value("n", "Epochs of the phase reconstruct (default: as --epochs)."))
  var reconstructEpochs: Int?

  @Flag(help: "Reconstruct the image before degradation instead of the input.") var towardsClean =
    false

  @Flag(help: "Reconstruct by the squared error instead of binary cross-entropy.")
  var squaredError = false

  @OptionGroup(title: "Objective of the phase enhance") var objective: ObjectiveOptions

  @Option(help: .value("file", "A frozen enhancer in front of the one that is trained."))
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
    let parts = try data.load(threads)
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
      ["evaluate"] + data.arguments + [
        "--classifier", classifier[0], "--enhancer", "\(folder)/best.safetensors",
      ])
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

/// Runs one task with progress, an estimate before it and a saved state on Ctrl-C.
enum TrainingRun {
  static func run(
    _ task: TrainingTask, _ options: TrainingOptions, _ pool: ThreadPool, folder: String,
    flags: TrainingFlags
  ) throws {
    let created = [folder, flags.output].filter { !FileManager.default.fileExists(atPath: $0) }
    let runFolder = try RunFolder(folder)
    runFolder.saveInterval = flags.saveInterval
    let trainer: Trainer
    do {
      trainer = try Trainer(task, options, pool, folder: runFolder)
      try trainer.begin(resuming: flags.resume)
    } catch {
      // A run that never began leaves no folder; one that is not empty stays.
      for path in created { rmdir(path) }
      throw error
    }
    if !flags.json { print(Estimate(trainer, pool).description) }
    let printer = ProgressPrinter(
      phase: task.phase.rawValue, resumedAt: trainer.progress.step, printsJSON: flags.json)
    let signals = StopSignals()
    defer { withExtendedLifetime(signals) {} }
    try trainer.run(observer: printer, stop: signals.request)
    if !flags.json, let patience = options.patience, trainer.shouldStopEarly {
      print("stopped early: \(patience) epochs without a better one")
    }
    if !flags.json, let best = trainer.progress.best {
      let basis = task.validation == nil ? "the last epoch" : "epoch \(best.epoch + 1), the best"
      print("\(runFolder.bestPath): the model of \(basis)")
    }
  }

  /// Refuses a folder that cannot be created, or that holds a run which is not resumed: before the
  /// data are read.
  static func requireFree(_ folder: String, _ flags: TrainingFlags) throws {
    if RunFolder.holdsRun(folder) && !flags.resume {
      throw CommandError(
        "\(folder): holds a run already; go on with --resume or choose another folder")
    }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue {
      throw CommandError("\(folder): is a file, expected a folder")
    }
  }

  /// What to do next with the result.
  static func advise(_ flags: TrainingFlags, _ arguments: [String]) {
    if flags.json { return }
    let words = arguments.map { word in
      let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./=,:".contains($0) }
      return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
    print("next: ocelli \(words.joined(separator: " "))")
  }
}

/// Turns the first Ctrl-C (or SIGTERM) into a request to stop; a second one ends the process.
final class StopSignals {
  let request = StopRequest()
  private var sources: [any DispatchSourceSignal] = []

  init() {
    let request = request
    sources = [SIGINT, SIGTERM].map { signal in
      Foundation.signal(signal, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
      source.setEventHandler {
        // Checkpoints are whole at any moment.
        if request.isRequested { _exit(128 + signal) }
        request.isRequested = true
      }
      source.resume()
      return source
    }
  }

  deinit {
    sources.forEach { $0.cancel() }
    for signal in [SIGINT, SIGTERM] { Foundation.signal(signal, SIG_DFL) }
  }
}

/// What a run will take, before it starts.
struct Estimate: CustomStringConvertible {
  private let images: Int
  private let epochs: Int
  private let multiplyAccumulates: Double
  private let byteCount: Int
  private let seconds: Double
  private let parameterCount: Int

  init(_ trainer: Trainer, _ pool: ThreadPool) {
    let task = trainer.task
    let graph = task.model.graph
    let perImage = Double(graph.trainingMultiplyAccumulates(frozen: task.frozenNodes))
    images = trainer.loader.batchesPerEpoch * trainer.loader.configuration.batchSize
    epochs = trainer.options.epochs
    multiplyAccumulates = perImage * Double(images) * Double(epochs)
    byteCount = trainer.byteCount
    parameterCount = graph.learntParameterCount(frozen: task.frozenNodes)
    seconds = WorkEstimate.seconds(
      multiplyAccumulates: multiplyAccumulates, peak: MachinePeak.measure(pool))
  }

  var description: String {
    "\(parameterCount.formatted()) parameters to train, \(images) images × \(epochs) "
      + "\(epochs == 1 ? "epoch" : "epochs"), "
      + "\(Self.text(multiplyAccumulates: multiplyAccumulates)), \(byteCount / 1_000_000) MB, "
      + "about \(Duration.text(seconds))"
  }

  /// Such as `26.2 TMAC`.
  static func text(multiplyAccumulates count: Double) -> String {
    count < 1e12
      ? String(format: "%.1f GMAC", count / 1e9) : String(format: "%.1f TMAC", count / 1e12)
  }
}
