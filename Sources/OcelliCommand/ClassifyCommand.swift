// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Network
import Ocelli
import SharedCommands

struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: HelpText.Classify.abstract,
    usage: "ocelli classify <picture> ... [--model <file>] [<options>]",
    discussion: """
      \(HelpText.Classify.pictures)

        ocelli classify photo.jpg --model model.tflite
        ocelli classify photos --model model.tflite --top 3 --json
        cat *.png | ocelli classify - --model model.tflite

      A picture is prepared as the model's file says, in TensorFlow Lite's standard metadata: all \
      of it is stretched to the input's size (--crop stretch), or the \
      largest part in the middle that has the input's proportion (--crop center). Where the file \
      says nothing, the picture is stretched; its levels span the range of integers, or become \
      floats in 0 to 1. --mean and --deviation say otherwise: (level - mean) / deviation, with \
      levels of 0 to 255.

      \(HelpText.Classify.failures)
      """)

  @Argument(help: "Pictures, folders, or - for a stream on standard input.") var pictures: [String]

  @Option(
    help: .value(
      "file", "A .tflite or .safetensors classifier (default: the one that comes with Ocelli)."))
  var model: String?

  @Option(help: .value("file", HelpText.Classify.enhancer)) var enhancer: String?

  @Option(help: .value("folder", HelpText.Classify.saveEnhanced)) var saveEnhanced: String?

  @Option(help: .value("n", HelpText.Classify.top)) var top = 5
  @Flag(help: ArgumentHelp(HelpText.Classify.json)) var json = false
  @Option(help: .value("n", HelpText.Classify.every)) var every = 1
  @Flag(help: ArgumentHelp(HelpText.Classify.checksum)) var checksum = false
  @OptionGroup var preprocessing: PreprocessingOptions

  @Option(help: .value("n", HelpText.threads)) var threads = 1

  func validate() throws {
    try checkRange("threads", threads, 1...256)
    try checkRange("top", top, 1...1_000_000)
    try checkRange("every", every, 1...1_000_000_000)
    guard !pictures.isEmpty else { throw ValidationError("Expected at least one picture") }
    guard saveEnhanced == nil || enhancer != nil else {
      throw ValidationError("--save-enhanced needs --enhancer")
    }
  }

  func run() throws {
    let path = try model ?? ShippedModel.installed(option: "--model")
    var run = ClassificationRun(try session(path, as: .classifier))
    run.enhancer = try enhancer.map { try session($0, as: .enhancer) }
    (run.top, run.every, run.savingFolder) = (top, every, saveEnhanced)
    (run.isJSON, run.hasChecksum) = (json, checksum)
    switch run.run(pictures, report: OcelliCommand.report) {
    case .finished: return
    case .failed: throw ReportedError()
    case .stopped(let signal): throw ExitCode(128 + signal)
    }
  }

  private func session(_ path: String, as role: Model.Role) throws -> Session {
    let choice = role == .enhancer || enhancer == nil ? try preprocessing.choice() : nil
    return try Model(contentsOf: path).session(from: path, as: role, threads: threads, choice)
  }
}
