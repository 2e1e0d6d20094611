// SPDX-License-Identifier: Apache-2.0
import Network
import SharedCommands
import Text

/// `ocelli-board classify`.
enum ClassifyBoard {
  static func run(_ words: [String]) throws(BoardError) -> Int32 {
    let arguments = try ArgumentReader(
      words,
      options: [
        "--model", "--enhancer", "--save-enhanced", "--top", "--every", "--crop", "--mean",
        "--deviation", "--threads",
      ], flags: ["--json", "--checksum"], help: HelpText.classify, usage: HelpText.classifyUsage)
    let threads = try arguments.integer("--threads", in: 1...256, default: 1)
    let top = try arguments.integer("--top", in: 1...1_000_000, default: 5)
    let every = try arguments.integer("--every", in: 1...1_000_000_000, default: 1)
    let preprocessing = try preprocessing(arguments)
    guard !arguments.operands.isEmpty else {
      throw arguments.problem("Expected at least one picture")
    }
    let enhancer = arguments["--enhancer"]
    guard arguments["--save-enhanced"] == nil || enhancer != nil else {
      throw arguments.problem("--save-enhanced needs --enhancer")
    }
    let model: String
    if let given = arguments["--model"] { model = given } else { model = try ShippedModel.path() }

    var run = try BoardError.wrapping { () throws(CommandError) in
      let classifier = try Model(contentsOfTFLite: model).session(
        from: model, as: .classifier, threads: threads, enhancer == nil ? preprocessing : nil)
      var run = ClassificationRun(classifier)
      if let enhancer {
        run.enhancer = try Model(contentsOfTFLite: enhancer).session(
          from: enhancer, as: .enhancer, threads: threads, preprocessing)
      }
      return run
    }
    run.top = top
    run.every = every
    run.isJSON = arguments.has("--json")
    run.hasChecksum = arguments.has("--checksum")
    run.savingFolder = arguments["--save-enhanced"]
    switch run.run(arguments.operands, report: BoardCommand.report) {
    case .finished: return 0
    case .failed: return 1
    case .stopped(let signal): return 128 + signal
    }
  }

  private static func preprocessing(
    _ arguments: ArgumentReader
  ) throws(BoardError) -> PreprocessingChoice {
    var crop: Preprocessing.Crop?
    if let text = arguments["--crop"] {
      guard text.isSame("center") || text.isSame("stretch") else {
        throw arguments.problem("The value '\(text)' is invalid for '--crop'")
      }
      crop = text.isSame("center") ? .center : .stretch
    }
    do throws(CommandError) {
      return try PreprocessingChoice(
        crop: crop, mean: arguments["--mean"], deviation: arguments["--deviation"])
    } catch { throw arguments.problem(error.description) }
  }
}
