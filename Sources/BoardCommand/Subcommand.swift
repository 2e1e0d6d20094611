// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Network
import Platform
import SharedCommands
import Text

/// What the command can be asked to do.
enum Subcommand: CaseIterable {
  case classify, info, bench, selfTest

  /// An option, or a flag where it has no value.
  struct Option {
    let name: String
    var value = ""
    let help: String
  }

  init?(_ word: String) {
    guard let found = Self.allCases.first(where: { $0.name.isSame(word) }) else { return nil }
    self = found
  }

  var name: String {
    switch self {
    case .classify: "classify"
    case .info: "info"
    case .bench: "bench"
    case .selfTest: "selftest"
    }
  }

  var usage: String {
    switch self {
    case .classify: "ocelli-board classify <picture> ... [--model <file>] [<options>]"
    case .info: "ocelli-board info <model> [--json]"
    case .bench: "ocelli-board bench <model> [<options>]"
    case .selfTest: "ocelli-board selftest [--threads <n>]"
    }
  }

  private var abstract: String {
    switch self {
    case .classify: HelpText.Classify.abstract
    case .info: HelpText.Info.abstract
    case .bench: HelpText.Bench.abstract
    case .selfTest: "Check the integer kernels on this CPU."
    }
  }

  /// Paragraphs and examples; an example starts with two spaces.
  private var discussion: [String] {
    switch self {
    case .classify:
      [
        HelpText.Classify.pictures, "", "  ocelli-board classify photo.jpg --model model.tflite",
        "  ocelli-board classify photos --model model.tflite --top 3 --json",
        "  camera | ocelli-board classify - --model model.tflite --every 10", "",
        "A picture is prepared as the model's file says.", HelpText.Classify.failures,
      ]
    case .info: ["  ocelli-board info model.tflite"]
    case .bench:
      [HelpText.Bench.discussion, "", "  ocelli-board bench model.tflite --threads 2 --profile"]
    case .selfTest:
      [
        """
        Runs each kernel on built-in vectors and compares the checksum of what it computes with \
        what all other CPUs compute. Prints a line for each vector.
        """, "", "  ocelli-board selftest",
      ]
    }
  }

  var options: [Option] {
    let json = Option(name: "--json", help: HelpText.json)
    let oneThread = Option(name: "--threads", value: "n", help: HelpText.threads + " (default: 1)")
    switch self {
    case .classify:
      return [
        Option(
          name: "--model", value: "file",
          help: "A .tflite classifier (default: the one installed with ocelli-board)."),
        Option(name: "--enhancer", value: "file", help: HelpText.Classify.enhancer),
        Option(name: "--save-enhanced", value: "folder", help: HelpText.Classify.saveEnhanced),
        Option(name: "--top", value: "n", help: HelpText.Classify.top + " (default: 5)"),
        Option(name: "--json", help: HelpText.Classify.json),
        Option(name: "--every", value: "n", help: HelpText.Classify.every + " (default: 1)"),
        Option(name: "--checksum", help: HelpText.Classify.checksum),
        Option(
          name: "--crop", value: "crop", help: HelpText.Classify.crop + " (values: stretch, center)"
        ), Option(name: "--mean", value: "levels", help: HelpText.Classify.mean),
        Option(name: "--deviation", value: "levels", help: HelpText.Classify.deviation), oneThread,
      ]
    case .info: return [json]
    case .bench:
      return [
        Option(name: "--runs", value: "n", help: HelpText.Bench.runs + " (default: 200)"),
        Option(name: "--inputs", value: "n", help: HelpText.Bench.inputs + " (default: 1)"),
        Option(name: "--profile", help: HelpText.Bench.profile), json,
        Option(name: "--threads", value: "n", help: HelpText.threadsOfCPU),
      ]
    case .selfTest: return [oneThread]
    }
  }

  /// What `ocelli-board help` prints of a subcommand.
  var help: String {
    var lines = HelpText.entry("", "OVERVIEW: " + abstract, indent: 0, width: Self.width) + [""]
    for text in discussion {
      lines +=
        Self.isExample(text) ? [text] : HelpText.entry("", text, indent: 0, width: Self.width)
    }
    lines += ["", "USAGE: " + usage, "", "OPTIONS:"]
    for option in options {
      let value = option.value.utf8.isEmpty ? "" : " <\(option.value)>"
      lines += Self.entry(option.name + value, option.help)
    }
    return (lines + Self.entry("-h, --help", "Show help information.")).joined(separator: "\n")
  }

  static let allUsage = "ocelli-board <classify | info | bench | selftest> [<options>]"

  /// What `ocelli-board help` prints.
  static var allHelp: String {
    var lines = [
      "OVERVIEW: Classifies pictures on small devices.", "",
      "Everything is in this one file: copy it to the device, with a model, and run it.", "",
      "  ocelli-board classify photo.jpg --model model.tflite", "", "USAGE: " + allUsage, "",
      "OPTIONS:",
    ]
    lines += entry("--version", "Show the version.")
    lines += entry("-h, --help", "Show help information.") + ["", "SUBCOMMANDS:"]
    for subcommand in allCases { lines += entry(subcommand.name, subcommand.abstract) }
    lines += ["", "  See 'ocelli-board help <subcommand>' for detailed help."]
    return lines.joined(separator: "\n")
  }

  private static let width = 96

  /// An empty line, or one that is not wrapped.
  private static func isExample(_ text: String) -> Bool {
    text.utf8.isEmpty || text.utf8.first == UInt8(ascii: " ")
  }

  private static func entry(_ name: String, _ text: String) -> [String] {
    HelpText.entry("  " + name, text, indent: 26, width: width)
  }

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

  private func preprocessing(_ arguments: ArgumentReader) throws(BoardError) -> PreprocessingChoice
  {
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
    let threads = try arguments.integer("--threads", in: 1...256, default: Int(ocelli_cpu_count()))
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
