// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Classification
import Foundation
import Imaging
import Interchange
import Network
import Ocelli
import Platform

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Say what pictures show.",
    usage: "ocelli classify <picture> ... [--model <file>] [<options>]",
    discussion: """
      Pictures are PNG, JPEG, PPM or PGM files, folders of them, or - for standard input: there \
      pictures come one behind the other, of any of these formats, and each is answered at once.

        ocelli classify photo.jpg --model model.tflite
        ocelli classify photos --model model.tflite --top 3 --json
        cat *.png | ocelli classify - --model model.tflite

      A picture is brought to the model's input as the model's file says it, in TensorFlow Lite's \
      standard metadata: all of it is stretched to the input's size (--crop stretch), or the \
      largest part in the middle that has the input's proportion (--crop center). Where the file \
      says nothing, the picture is stretched; its levels span the range of integers, or become \
      floats in 0 to 1. --mean and --deviation say otherwise: (level - mean) / deviation, with \
      levels of 0 to 255.

      A picture that cannot be read is told on standard error; the others are classified, and the \
      command fails in the end.
      """)

  @Argument(help: "Pictures, folders, or - for a stream on standard input.")
  var pictures: [String]

  @Option(
    help: ArgumentHelp(
      "A .tflite or .safetensors classifier (default: the one that comes with Ocelli).",
      valueName: "file"))
  var model: String?

  @Option(help: ArgumentHelp("An enhancer to put in front of it.", valueName: "file"))
  var enhancer: String?

  @Option(
    help: ArgumentHelp(
      "Write what the enhancer makes of each picture as PNG files there.", valueName: "folder"))
  var saveEnhanced: String?

  @Option(help: ArgumentHelp("How many labels to give.", valueName: "n")) var top = 5
  @Flag(help: "Print a JSON object a line.") var json = false
  @OptionGroup var preprocessing: PreprocessingOptions

  @Option(help: ArgumentHelp("Threads.", valueName: "n")) var threads = 1

  func validate() throws {
    try checkRange("threads", threads, 1...256)
    try checkRange("top", top, 1...1_000_000)
    guard !pictures.isEmpty else { throw ValidationError("Expected at least one picture") }
    guard saveEnhanced == nil || enhancer != nil else {
      throw ValidationError("--save-enhanced needs --enhancer")
    }
  }

  func run() throws {
    let path = try model ?? ShippedModel.find(ShippedModel.classifier)
    let session = try session(path, as: .classifier)
    let front = try enhancer.map { try self.session($0, as: .enhancer) }
    var hasFailed = false
    var saved: Set<String> = []
    try PictureSource.forEach(pictures) { picture in
      do {
        let image = try picture.decoded(for: front ?? session)
        let labels = try session.classify(image, enhancedBy: front, top: top)
        print(line(picture.name, labels))
        guard let saveEnhanced, let front else { return }
        // The names of a stream are numbers, and its end may be far.
        if !picture.name.hasPrefix("-:"), !saved.insert(picture.fileName).inserted {
          throw CommandError("not saved: there is a picture of this name already")
        }
        try save(try front.outputImage(), as: "\(saveEnhanced)/\(picture.fileName).png")
      } catch {
        hasFailed = true
        OcelliCommand.report("\(picture.name): \(error)")
      }
    }
    if hasFailed { throw ReportedError() }
  }

  private func session(_ path: String, as role: Model.Role) throws -> Session {
    var model = try Model(contentsOf: path)
    if role == .classifier && enhancer == nil || role == .enhancer {
      try preprocessing.apply(to: &model, path)
    }
    do {
      let session = try Session(model, threads: threads)
      try session.requireRole(role)
      return session
    } catch { throw CommandError("\(path): \(error)") }
  }

  private func save(_ image: Image, as path: String) throws {
    let folder = URL(filePath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do throws(ImageError) { try image.write(to: path) } catch {
      throw CommandError("\(path): \(error)")
    }
  }

  private func line(_ name: String, _ labels: [RankedLabel]) -> String {
    guard json else {
      let texts = labels.map { "\($0.name) \(percent(Double($0.probability)))" }
      return "\(name): \(texts.joined(separator: ", "))"
    }
    let objects = labels.map { label in
      JSONValue.object([
        .init(key: "label", value: .string(label.name)),
        .init(key: "class", value: .integer(label.index)),
        .init(key: "probability", value: .number(Double("\(label.probability)") ?? 0)),
      ])
    }
    return JSONValue.object([
      .init(key: "picture", value: .string(name)), .init(key: "labels", value: .array(objects)),
    ]).text
  }
}
