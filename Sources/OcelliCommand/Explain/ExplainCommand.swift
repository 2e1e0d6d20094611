// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Classification
import Datasets
public import Explanation
import Foundation
public import Imaging
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
    help: .value(
      "file", "A .tflite or .safetensors classifier (default: the one that comes with Ocelli)."))
  var classifier: String?
  @Option(help: .value("file", "An enhancer to put in front of it.")) var enhancer: String?
  @Option(
    help: .value(
      "steps", "Degrade the pictures first, such as dull=0.5,blur=0.8,noise=0.05,jpeg=30."))
  var degrade: String?
  @Option(parsing: .upToNextOption, help: .value("method", "How to explain.")) var method:
    [ExplanationMethod] = [.activation(.gradCAM)]
  @Option(
    name: .customLong("class"),
    help: .value(
      "class",
      "The class to explain, by name or number (default: what the picture is taken for, enhanced "
        + "if it is).")) var target: String?
  @Option(
    help: .value(
      "name",
      "The layer of class activation maps (default: the deepest of at least "
        + "\(Graph.smallestExplainedSide) pixels a side; enhancer/NAME for one of the enhancer's).")
  ) var layer: String?
  @Option(
    parsing: .upToNextOption, help: .value("reading", "What is explained behind an enhancer."))
  var reading = ExplainedPicture.Reading.allCases
  @Option(
    parsing: .upToNextOption,
    help: .value("name", "Layers of the classifier whose channels are shown.")) var internals:
    [String] = []
  @OptionGroup(title: "LIME") var lime: LimeOptions
  @OptionGroup(title: "Input") var preprocessing: PreprocessingOptions
  @OptionGroup(title: "Output") var style: StyleOptions
  @Option(help: .value("n", "Seed of all random choices.")) var seed: UInt64 = 1
  @Option(name: .shortAndLong, help: .value("folder", "The folder to write to.")) var output =
    "explained"
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
    var manifest = ExplanationManifest(classifier: path, enhancer: enhancer, degradation: degrade)
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
  private func subject(_ path: String, _ pool: ThreadPool) throws -> (
    ExplainedModel, decoder: Session
  ) {
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

/// How LIME works.
struct LimeOptions: ParsableArguments {
  @Option(help: "How pictures are cut.") var superpixels = Superpixels.Method.slic
  @Option(help: .value("n", "Number of parts, approximately.")) var parts = 50
  @Option(help: .value("n", "Samples: pictures with parts hidden.")) var samples = 1000
  @Option(
    help: .value(
      "n", "How often the samples are redrawn, to show how stable the strongest parts are."))
  var repeats = 3

  func validate() throws {
    try checkRange("samples", samples, 10...1_000_000)
    try checkRange("parts", parts, 2...10_000)
    try checkRange("repeats", repeats, 1...100)
  }

  var options: Explainer.Options {
    var options = Explainer.Options()
    (options.cut, options.parts) = (superpixels, parts)
    (options.samples, options.repeats) = (samples, repeats)
    return options
  }
}

/// How maps and differences are drawn.
struct StyleOptions: ParsableArguments {
  @Option(help: "Colours of maps that start at 0: jet, viridis, turbo or grey.") var colors =
    ColorMap.jet
  @Option(help: .value("percent", "The percentile of changes that gets the strongest colour."))
  var stretch: Float = 99
  @Option(
    help: .value(
      "levels", "The change that gets the strongest colour, in levels of 255, for all pictures."))
  var scale: Float?

  func validate() throws {
    try checkRange("stretch", stretch, 1...100)
    try checkRange("scale", scale, 0.001...255)
    if colors == .diverging {
      throw ValidationError("--colors diverging: signed maps have them anyway")
    }
  }

  var style: PictureStyle { PictureStyle(colors: colors, stretch: stretch, scale: scale) }
}

extension ExplanationMethod: ExpressibleByArgument {
  /// The method of this name.
  public init?(argument: String) {
    guard let method = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = method
  }

  /// As help pages show it.
  public var defaultValueDescription: String { name }
  /// The names of all methods.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension ColorMap: ExpressibleByArgument {
  /// The colour map of this name.
  public init?(argument: String) {
    guard let map = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
    self = map
  }

  /// The names of all colour maps.
  public static var allValueStrings: [String] { allCases.map { "\($0)" } }
}

extension Superpixels.Method: ExpressibleByArgument {}
extension ExplainedPicture.Reading: ExpressibleByArgument {}

/// How what is explained is drawn.
struct PictureStyle {
  /// Of maps that start at 0; signed ones have diverging colours.
  var colors: ColorMap
  /// The percentile of differences that has the strongest colour.
  var stretch: Float
  /// The difference, in levels of 255, that gets the strongest colour; `nil` to use `stretch`.
  var scale: Float?

  /// The difference that has the strongest colour.
  func limit(of differences: [Float]) -> Float {
    if let scale { return scale / 255 }
    return HeatMap.stretchedRange(of: differences, percentile: stretch).upperBound
  }

  /// A panel whose cells are for pictures of this size.
  func panel(for image: Image, title: String, headings: [String]) -> Panel {
    let factor = enlargement(of: image)
    return Panel(
      cellWidth: image.width * factor, cellHeight: image.height * factor, title: title,
      headings: headings)
  }

  /// By how much a picture is enlarged, so that maps over it can be finer than its pixels.
  func enlargement(of image: Image) -> Int {
    max(1, (Self.cellSide + image.width - 1) / image.width)
  }

  /// Pictures are drawn at least so wide.
  private static let cellSide = 224

  /// A number in two significant digits.
  static func number(_ value: Float) -> String { String(format: "%.2g", value) }

  /// A ratio that is infinite where nothing differs.
  static func decibels(_ ratio: Double) -> String {
    ratio.isFinite ? String(format: "%.1f dB", ratio) : "infinite"
  }

  /// A difference of numbers in [0, 1] in levels of 255.
  static func levels(_ difference: Float, withTotal: Bool = true) -> String {
    let levels = difference * 255
    let text = String(format: levels >= 9.95 ? "%.0f" : levels >= 0.095 ? "%.1f" : "%.2g", levels)
    return withTotal ? text + " of 255" : text
  }
}
