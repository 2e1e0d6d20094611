// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Explanation
import Foundation
import Imaging
import Interchange
import Kernels
import Network
import Quantization

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Show what a classifier looks at, plain and enhanced.",
    usage: "ocelli explain <picture> ... [--classifier <file>] [<options>]",
    discussion: """
      For each picture the output folder gets one PNG file with the picture and its maps, the \
      values of each map as an .npy file, and manifest.json says what is what. Behind an enhancer \
      the pictures come in pairs: plain and enhanced, the same class, the same scale; and one PNG \
      file more shows what was changed, in pixels and in frequencies.

        ocelli explain photo.jpg --output explained
        ocelli explain photos --classifier classifier.tflite --enhancer enhancer.tflite \\
          --method grad-cam lime --output explained

      Methods are \(ExplanationMethod.allCases.map(\.name).joined(separator: ", ")). A map shows \
      what speaks for the class; where nothing does, it says so. Models of integers are explained \
      through the floats that they stand for.
      """)

  @Argument(help: "Pictures, folders, or - for a stream on standard input.") var pictures: [String]
  @Option(
    help: ArgumentHelp(
      "A .tflite or .safetensors classifier (default: the one that comes with Ocelli).",
      valueName: "file"))
  var classifier: String?
  @Option(help: ArgumentHelp("An enhancer to put in front of it.", valueName: "file"))
  var enhancer: String?
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
        + "\(Graph.smallestExplainedSide) pixels a side).", valueName: "name"))
  var layer: String?
  @Option(help: "Colours of maps: jet, viridis, turbo or grey.") var colors = ColorMap.jet
  @Option(
    help: ArgumentHelp(
      "The percentile of an enhancer's changes that has the strongest colour.",
      valueName: "percent"))
  var stretch: Float = 99
  @Option(
    help: ArgumentHelp(
      "The change that has the strongest colour, in levels of 255, alike for all pictures.",
      valueName: "levels"))
  var scale: Float?
  @Option(help: ArgumentHelp("Pictures with parts hidden, for lime.", valueName: "n"))
  var samples = 1000
  @Option(help: ArgumentHelp("What random choices derive from.", valueName: "n")) var seed: UInt64 =
    1
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "folder"))
  var output = "explained"
  @Flag(help: "Print the manifest.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("samples", samples, 10...1_000_000)
    try checkRange("stretch", stretch, 1...100)
    if let scale { try checkRange("scale", scale, 0.001...255) }
    guard !pictures.isEmpty else { throw ValidationError("Expected at least one picture") }
    if method.isEmpty { throw ValidationError("--method: expected at least one") }
    if colors == .diverging {
      throw ValidationError("--colors diverging: signed maps have them anyway")
    }
  }

  func run() throws {
    let pool = try threads.pool()
    let path = try classifier ?? ShippedModel.find(ShippedModel.classifier)
    var options = Explainer.Options()
    (options.layer, options.samples, options.seed) = (layer, samples, seed)
    let subject = try ExplainedModel(
      path, enhancer: enhancer, methods: method, options, target: target, pool)
    try FileManager.default.createDirectory(
      atPath: output, withIntermediateDirectories: true)
    var manifest = ExplanationManifest(
      classifier: path, enhancer: enhancer, layer: subject.layer, pictures: [])
    var hasFailed = false
    let status = StatusLine()
    try PictureSource.forEach(pictures) { picture in
      status.show("explaining \(picture.name)")
      do {
        let explained = try subject.explain(picture)
        manifest.pictures.append(try write(explained, picture, subject))
        if !json {
          status.clear()
          print(manifest.pictures[manifest.pictures.count - 1].line)
        }
      } catch {
        hasFailed = true
        OcelliCommand.report("\(picture.name): \(error)")
      }
    }
    status.clear()
    let text = try manifest.json()
    try AtomicFile.write(Array((text + "\n").utf8), to: output + "/manifest.json")
    if json { print(text) }
    if hasFailed { throw ReportedError() }
  }

  /// Writes the picture's files; what the manifest says of them.
  private func write(
    _ explained: ExplainedPicture, _ picture: PictureSource.Picture, _ subject: ExplainedModel
  ) throws -> ExplanationManifest.Picture {
    let stem = picture.fileName.replacingOccurrences(of: ":", with: "-")
    try FileManager.default.createDirectory(
      at: URL(filePath: "\(output)/\(stem)").deletingLastPathComponent(),
      withIntermediateDirectories: true)
    let style = PictureStyle(colors: colors, stretch: stretch, scale: scale)
    try save(ExplanationPanel(explained, subject.labels, style).image(), as: stem + ".png")
    var entry = ExplanationManifest.Picture(explained, picture.name, stem + ".png", subject.labels)
    for (state, view) in [("plain", explained.plain), ("enhanced", explained.enhanced)] {
      for map in view?.maps ?? [] {
        let file = "\(stem).\(state).\(map.method.name).npy"
        let values = map.explanation.map
        try NumPyArray<Float>(shape: [values.height, values.width], elements: values.values)
          .write(to: output + "/" + file)
        entry.maps.append(.init(map, state: state, file: file))
      }
    }
    if let enhanced = explained.enhanced {
      let panel = stem + ".change.png"
      let change = PictureChange(explained.plain, enhanced)
      try save(ChangePanel(explained, enhanced, change, subject.labels, style).image(), as: panel)
      entry.change = .init(
        change, panel: panel, files: try change.write(to: output, stem: stem))
    }
    return entry
  }

  private func save(_ image: Image, as name: String) throws {
    do throws(ImageError) { try image.write(to: "\(output)/\(name)") } catch {
      throw CommandError("\(output)/\(name): \(error)")
    }
  }
}
