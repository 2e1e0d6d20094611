// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Classification
import Datasets
import Explanation
import Foundation
import Imaging
import Interchange
import Kernels
import Network
import Ocelli
import Platform
import SharedCommands
import Training

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show what a classifier looks at, plain and enhanced.",
    usage: "ocelli explain <picture> ... [--classifier <file>] [<options>]",
    discussion: """
      For each picture the output folder gets PICTURE.png with its maps, their values as .npy \
      files, and manifest.json says what is what. A folder that is named after a class says what \
      its pictures show: then each is marked right or wrong.

      Behind an enhancer the maps come in three rows, for the same class on the same scale: the \
      classifier on the original, the classifier on the enhanced picture, and both as one network, \
      back to the original. PICTURE.change.png shows what changed, in pixels and in frequencies; \
      attention.png and differences.png put up to eight pictures below each other, first those \
      that the enhancer fixed or broke.

        ocelli explain photo.jpg --output explained
        ocelli explain photos --method grad-cam lime --classifier classifier.tflite \\
          --enhancer enhancer.tflite --output explained

      Methods are \(ExplanationMethod.allCases.map(\.name).joined(separator: ", ")). A map shows \
      what speaks for the class; where nothing does, it says so. Models of integers are explained \
      through the floats that they stand for.

      --internals shows channels of layers, original and enhanced, and writes to the manifest how \
      far apart the answers of every layer are: the cosine, the relative L2 distance, and the \
      linear centred kernel alignment (CKA). `ocelli model info` lists the layers.
      """)

  @Argument(help: "Pictures, folders, or - for a stream on standard input.") var pictures: [String]
  @Option(
    help: ArgumentHelp(
      "A .tflite or .safetensors classifier (default: the one that comes with Ocelli).",
      valueName: "file"))
  var classifier: String?
  @Option(help: ArgumentHelp("An enhancer to put in front of it.", valueName: "file"))
  var enhancer: String?
  @Option(
    help: ArgumentHelp(
      "Degrade the pictures first, such as dull=0.5,blur=0.8,noise=0.05,jpeg=30.",
      valueName: "steps"))
  var degrade: String?
  @Option(parsing: .upToNextOption, help: ArgumentHelp("How to explain.", valueName: "method"))
  var method: [ExplanationMethod] = [.activation(.gradCAM)]
  @Option(
    name: .customLong("class"),
    help: ArgumentHelp(
      "The class to explain, by name or number (default: what the picture is taken for, enhanced "
        + "if it is).", valueName: "class"))
  var target: String?
  @Option(
    help: ArgumentHelp(
      "The layer of class activation maps (default: the deepest of at least "
        + "\(Graph.smallestExplainedSide) pixels a side; enhancer/NAME for one of the enhancer's).",
      valueName: "name"))
  var layer: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("What is explained behind an enhancer.", valueName: "reading"))
  var reading = ExplainedPicture.Reading.allCases
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Layers of the classifier whose channels are shown.", valueName: "name"))
  var internals: [String] = []
  @OptionGroup(title: "LIME") var lime: LimeOptions
  @OptionGroup(title: "Input") var preprocessing: PreprocessingOptions
  @OptionGroup(title: "Output") var style: StyleOptions
  @Option(help: ArgumentHelp("Seed of all random choices.", valueName: "n")) var seed: UInt64 =
    1
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var output = "explained"
  @Flag(help: "Print the manifest.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    guard !pictures.isEmpty else { throw ValidationError("Expected at least one picture") }
    if method.isEmpty { throw ValidationError("--method: expected at least one") }
    if enhancer == nil, reading != ExplainedPicture.Reading.allCases {
      throw ValidationError("--reading needs --enhancer")
    }
    if reading.isEmpty { throw ValidationError("--reading: expected at least one") }
  }

  func run() throws {
    let pool = try threads.pool()
    let path = try classifier ?? ShippedModel.installed(option: "--classifier")
    let degradation = try degrade.map { try Degradation(parsing: $0) }
    let (subject, decoder) = try subject(path, pool)
    var writer = try ExplanationWriter(output, subject, style.style)
    var manifest = ExplanationManifest(
      classifier: path, enhancer: enhancer, degradation: degrade)
    var hasFailed = false
    var names: Set<String> = []
    let progress = ExplanationProgress(pictureCount: PictureSource.count(pictures))
    let source = PictureSource { picture in
      let index = manifest.pictures.count
      do {
        // A picture that cannot be read has no name for files.
        guard picture.fileName.isEmpty || names.insert(picture.fileName).inserted else {
          throw CommandError("not explained: there is a picture of this name already")
        }
        let image = try picture.decoded(for: decoder).fitted(
          width: subject.inputShape.width, height: subject.inputShape.height,
          keepingProportion: false)
        let folder = URL(filePath: picture.name).deletingLastPathComponent().lastPathComponent
        let explained = try subject.explain(
          try degraded(image, degradation, index), name: picture.name, truth: folder,
          progress: { progress.show(picture.name, index, $0) })
        let entry = try writer.write(explained, as: picture.fileName)
        manifest.pictures.append(entry)
        progress.clear()
        if !json { print(entry.line) }
      } catch {
        hasFailed = true
        progress.clear()
        OcelliCommand.report("\(picture.name): \(error)")
      }
      return true
    }
    source.run(pictures)
    try writer.finish(&manifest)
    let text = try manifest.json()
    try AtomicFile.write(Array((text + "\n").utf8), to: output + "/manifest.json")
    if json { print(text) }
    if hasFailed { throw ReportedError() }
  }

  /// The model with what is asked about it, and a session that decodes pictures as it wants them.
  private func subject(
    _ path: String, _ pool: ThreadPool
  ) throws -> (ExplainedModel, decoder: Session) {
    var file = try Model(contentsOf: path)
    try preprocessing.choice().apply(to: &file, path)
    try file.require(.classifier, path)
    let decoder: Session
    do {
      decoder = try Session(file)
      try decoder.requireRole(.classifier)
    } catch { throw CommandError("\(path): \(error)") }
    let front = try enhancer.map { path in
      let model = try Model(contentsOf: path)
      try model.require(.enhancer, path)
      return model
    }
    var question = ExplainedModel.Question()
    (question.methods, question.target, question.layers) = (method, target, internals)
    question.readings = reading
    question.options = lime.options
    (question.options.layer, question.options.seed) = (layer, seed)
    let subject = try ExplainedModel(
      file, enhancer: front, asking: question, names: (classifier: path, enhancer: enhancer ?? ""),
      pool)
    return (subject, decoder)
  }

  private func degraded(_ image: Image, _ degradation: Degradation?, _ index: Int) throws -> Image {
    guard let degradation else { return image }
    var random = RandomGenerator(seed: seed, stream: UInt64(index))
    return try degradation.apply(to: image, random: &random)
  }
}

/// The share of all pictures that is done, and when the rest will be.
private final class ExplanationProgress {
  private let status = StatusLine()
  private let start = MonotonicClock.seconds
  private let pictureCount: Int?

  init(pictureCount: Int?) { self.pictureCount = pictureCount }

  func show(_ name: String, _ index: Int, _ share: Double) {
    let elapsed = MonotonicClock.seconds - start
    status.show(
      {
        guard let count = pictureCount, share > 0 || index > 0 else { return "explaining \(name)" }
        let done = (Double(index) + share) / Double(max(count, index + 1))
        return "explaining \(name), \(index + 1) of \(count): "
          + "about \(Duration.text(elapsed * (1 - done) / done)) left"
      }())
  }

  func clear() { status.clear() }
}
