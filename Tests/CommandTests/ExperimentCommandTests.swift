// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct ExperimentCommandTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private func write() throws {
    let text = """
      {"name": "tiny", "title": "Tiny", "seeds": 1,
       "data": {"d": {"scenes": {"training": 60, "test": 20}, "size": 16}},
       "classifiers": {"c": {"model": {"architecture": "small-cnn", "width": 0.25},
                             "training": {"epochs": 1, "batchSize": 8}}},
       "enhancers": {"e": {"model": {"architecture": "unet", "width": 2, "depth": 1},
                           "reconstruct": {"epochs": 1, "batchSize": 8},
                           "enhance": {"epochs": 1, "batchSize": 8}}},
       "rows": [{"name": "r", "data": "d", "classifier": "c", "enhancer": "e",
                 "isContaminated": true, "controls": ["C1", "C2"]}]}
      """
    try Data(text.utf8).write(to: URL(filePath: ocelli.path("tiny.json")))
  }

  @Test func `an experiment is estimated, run and not run twice`() throws {
    try write()
    let plan = try ocelli("experiment", "tiny.json", "--dry-run")
    #expect(plan.code == 0 && plan.output.contains("7 models and predictions"), "\(plan)")
    #expect(plan.output.contains("MAC, about "), "\(plan)")
    let first = try ocelli("experiment", "tiny.json", "--output", "results")
    #expect(first.code == 0 && first.errors.isEmpty, "\(first)")
    #expect(first.output.contains("r (contaminated)"), "\(first)")
    #expect(first.output.contains("[7 of 7]"), "\(first)")
    let bytes = try ocelli.bytes("results/results.json")
    let second = try ocelli("experiment", "tiny.json", "--output", "results")
    #expect(second.output.contains("(7 are done)") && !second.output.contains("[1 of"), "\(second)")
    #expect(try ocelli.bytes("results/results.json") == bytes)
    let json = try ocelli("experiment", "tiny.json", "--output", "results", "--json")
    #expect(json.output.utf8.elementsEqual(bytes), "\(json)")
  }

  @Test func `a shipped experiment is printed as a file that runs`() throws {
    let printed = try ocelli("experiment", "table-4.1", "--print")
    #expect(printed.code == 0 && printed.output.contains("\"published\""), "\(printed)")
    try Data(printed.output.utf8).write(to: URL(filePath: ocelli.path("mine.json")))
    let again = try ocelli("experiment", "mine.json", "--print")
    #expect(again.output == printed.output)
    let run = try ocelli("experiment", "mine.json", "--rows", "8")
    #expect(run.code == 1 && run.errorLines.count == 1, "\(run)")
    #expect(run.errors.contains("give --data cifar10=PATH for the rows 8"), "\(run)")
  }

  @Test(arguments: [
    ("nothing", 1), ("scenes --rows x", 1), ("scenes --data x=y", 1), ("scenes --data x", 64),
    ("scenes --controls C12", 64), ("scenes --scale 0", 64), ("scenes --seeds 0", 64),
    ("scenes --fraction 2", 64), ("tiny.json --controls C3 --output /dev/null", 1),
  ])
  func `what cannot be run is told in one line`(line: String, code: Int32) throws {
    try write()
    let outcome = try ocelli.shell("$OCELLI experiment \(line)")
    #expect(outcome.code == code, "\(outcome)")
    #expect(code != 1 || outcome.errorLines.count == 1, "\(outcome)")
  }
}
