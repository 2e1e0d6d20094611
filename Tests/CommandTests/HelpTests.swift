// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct HelpTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  @Test(arguments: [
    "", "classify", "dataset", "dataset scenes", "dataset info", "dataset pack", "train",
    "train classifier", "train enhancer", "evaluate", "explain", "assess", "experiment",
    "report", "quantize", "model", "model info", "bench", "bench training", "bench explanation",
    "bench kernels",
  ])
  func `help has an example and fits a terminal`(command: String) throws {
    let outcome = try ocelli.shell("$OCELLI \(command) --help")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("  ocelli \(command)") }, "\(outcome.output)")
    #expect(lines.filter { $0.count > 90 } == [])
    #expect(outcome.output == (try ocelli.shell("$OCELLI help \(command)")).output)
    // An example is not broken by the wrapping of its line.
    for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  ocelli ") {
      #expect(next.hasPrefix("  ") || next.first?.isUppercase == true, "\(line)\n\(next)")
    }
  }

  @Test func `the version is told`() throws {
    let outcome = try ocelli("--version")
    #expect(outcome.code == 0 && outcome.output.hasPrefix("ocelli 0."), "\(outcome)")
    #expect(outcome.output.contains("built for"), "\(outcome)")
  }

  @Test func `examples are understood`() throws {
    let help = try ["dataset scenes", "train classifier", "train enhancer", "evaluate"].map {
      try ocelli.shell("$OCELLI \($0) --help").output
    }
    let examples = help.flatMap { text in
      text.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
        .filter { $0.hasPrefix("  ocelli ") && !$0.contains("dataset scenes") }
    }
    #expect(examples.count >= 4)
    for example in examples {
      // In an empty folder they fail at their files, and not at how they are written.
      let outcome = try ocelli.shell(example.replacingOccurrences(of: "  ocelli", with: "$OCELLI"))
      #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(example): \(outcome)")
    }
  }
}
