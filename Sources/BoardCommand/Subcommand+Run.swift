// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Network
import Platform
import SharedCommands
import Text

extension Subcommand {
  /// - Parameter words: The command line behind the subcommand.
  /// - Returns: The code to exit with.
  func run(_ words: [String]) throws(BoardError) -> Int32 {
    let arguments = try ArgumentReader(words, self)
    switch self {
    case .classify: return try classify(arguments)
    case .info: return try info(arguments)
    case .bench: return try bench(arguments)
    case .selfTest: return try selfTest(arguments)
    }
  }

  private func classify(_ arguments: ArgumentReader) throws(BoardError) -> Int32 {
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
    var run = try BoardError.wrapping { () throws(CommandError) in
      let model: String
      if let given = arguments["--model"] {
        model = given
      } else {
        model = try ShippedModel.path(orIn: ["/usr/share/ocelli/weights/"], option: "--model")
      }
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

  private func preprocessing(
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

  /// The one operand of a subcommand that takes a model.
  private func path(_ arguments: ArgumentReader) throws(BoardError) -> String {
    guard let path = arguments.operands.first, arguments.operands.count == 1 else {
      throw arguments.problem("Expected one model")
    }
    return path
  }

  private func info(_ arguments: ArgumentReader) throws(BoardError) -> Int32 {
    let path = try path(arguments)
    let summary = try BoardError.wrapping { () throws(CommandError) in
      try ModelSummary(Model(contentsOfTFLite: path), path: path, batch: 1)
    }
    StandardStreams.write(line: arguments.has("--json") ? summary.json : summary.text)
    return 0
  }

  private func bench(_ arguments: ArgumentReader) throws(BoardError) -> Int32 {
    let path = try path(arguments)
    let runs = try arguments.integer("--runs", in: 1...1_000_000, default: 200)
    let inputs = try arguments.integer("--inputs", in: 1...1_000_000, default: 1)
    let threads = try arguments.integer(
      "--threads", in: 1...256, default: Int(ocelli_cpu_count()))
    let timings = try BoardError.wrapping { () throws(CommandError) in
      try (1...threads).map { threads throws(CommandError) in
        try ModelTiming.measure(
          threads: threads, runs: runs, inputs: inputs, profiles: arguments.has("--profile")
        ) { () throws(CommandError) in try Model(contentsOfTFLite: path) }
      }
    }
    StandardStreams.write(
      line: arguments.has("--json") ? ModelTiming.json(timings) : ModelTiming.text(timings))
    return 0
  }

  private func selfTest(_ arguments: ArgumentReader) throws(BoardError) -> Int32 {
    guard arguments.operands.isEmpty else { throw arguments.problem("Expected no operand") }
    let threads = try arguments.integer("--threads", in: 1...256, default: 1)
    let isRight = SelfTest.run(threads: threads) { name, problem in
      StandardStreams.write(line: "\(name): \(problem ?? "pass")")
    }
    if !isRight {
      throw .failed("this CPU does not compute what others do; do not trust its answers")
    }
    return 0
  }
}
