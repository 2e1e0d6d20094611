// SPDX-License-Identifier: Apache-2.0
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
        HelpText.Classify.pictures, "",
        "  ocelli-board classify photo.jpg --model model.tflite",
        "  ocelli-board classify photos --model model.tflite --top 3 --json",
        "  camera | ocelli-board classify - --model model.tflite --every 10", "",
        "A picture is prepared as the model's file says.",
        HelpText.Classify.failures,
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
    let oneThread = Option(
      name: "--threads", value: "n", help: HelpText.threads + " (default: 1)")
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
          name: "--crop", value: "crop",
          help: HelpText.Classify.crop + " (values: stretch, center)"),
        Option(name: "--mean", value: "levels", help: HelpText.Classify.mean),
        Option(name: "--deviation", value: "levels", help: HelpText.Classify.deviation),
        oneThread,
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
}

extension Subcommand {
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
    return (lines + Self.entry("-h, --help", "Show help information."))
      .joined(separator: "\n")
  }

  static let allUsage = "ocelli-board <classify | info | bench | selftest> [<options>]"

  /// What `ocelli-board help` prints.
  static var allHelp: String {
    var lines = [
      "OVERVIEW: Classifies pictures on small devices.", "",
      "Everything is in this one file: copy it to the device, with a model, and run it.", "",
      "  ocelli-board classify photo.jpg --model model.tflite", "",
      "USAGE: " + allUsage, "", "OPTIONS:",
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
}
