// SPDX-License-Identifier: Apache-2.0
import Datasets
import Experiments
import Foundation
import Interchange
import Testing
import Training

struct ExperimentReadingTests {
  /// What reading `text` as a file says is wrong with it, without the file's name.
  private func problem(_ text: String) throws -> String {
    let path = NSTemporaryDirectory() + "experiment-\(UUID()).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(text.utf8).write(to: URL(filePath: path))
    let error = #expect(throws: ExperimentError.self) { try Experiment(contentsOf: path) }
    let message = error?.description ?? ""
    #expect(message.hasPrefix(path + ": ") && !message.contains("\n"), "\(message)")
    return String(message.dropFirst(path.count + 2))
  }

  private let valid = """
    {"name": "n", "title": "t", "seeds": 2, "data": {"d": {"path": "p"}},
     "classifiers": {"c": {"model": {"architecture": "small-cnn"}}},
     "enhancers": {"e": {"model": {"architecture": "unet", "width": 4}}},
     "rows": [{"name": "r", "data": "d", "classifier": "c", "enhancer": "e"}]}
    """

  @Test(arguments: Experiment.shipped.map(\.name))
  func `a shipped experiment is the file that it prints`(name: String) throws {
    let shipped = try #require(Experiment.shipped(name))
    let path = NSTemporaryDirectory() + "experiment-\(UUID()).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(try shipped.json().utf8).write(to: URL(filePath: path))
    #expect(try Experiment(contentsOf: path) == shipped)
  }

  @Test(arguments: [
    ("\"seeds\": 2", "\"seeds\": 0", "seeds 0: expected 1 to 100"),
    ("\"seeds\": 2", "\"seeds\": \"two\"", "seeds: expected a whole number"),
    ("\"seeds\": 2, ", "", "expected the member 'seeds'"),
    ("\"seeds\": 2", "\"seed\": 2, \"seeds\": 2", "'seed' means nothing in an experiment"),
    ("\"seeds\": 2", "\"seeds\": ", "byte 37: expected a value"),
    ("\"data\": \"d\"", "\"data\": \"x\"", "rows[0]: no data are called 'x'"),
    (
      "\"width\": 4", "\"width\": 4, \"dept\": 2",
      "'enhancers.e.model.dept' means nothing in an experiment"
    ),
    ("\"width\": 4", "\"width\": 0", "enhancers.e: width 0: expected 1 to 512"),
    (
      "small-cnn", "big",
      "classifiers.c.model.architecture: 'big' is not known here"
    ),
    ("\"path\": \"p\"", "\"size\": 8", "data.d: expected a path or scenes"),
    (
      "\"path\": \"p\"", "\"path\": \"p\", \"split\": [10]",
      "data.d.split: expected two counts, of training and of test images"
    ),
    (
      "small-cnn\"", "vgg16\", \"denseUnits\": 100000000000",
      "classifiers.c: denseUnits 100000000000: expected 1 to 65536"
    ),
    (
      "\"enhancer\": \"e\"", "\"enhancer\": \"e\", \"controls\": [\"C1\"]",
      "rows[0]: C1 needs an enhancer with a phase 'reconstruct'"
    ),
    (
      "\"enhancer\": \"e\"", "\"enhancer\": \"e\", \"suites\": {\"corruption\": [1, 6]}",
      "rows[0]: suites.corruption: expected severities of 1 to 5, each once"
    ),
    (
      "\"name\": \"r\"", "\"name\": \"../r\"",
      "rows[0]: name '../r': expected letters, digits, - . _"
    ),
  ])
  func `what is wrong is told with its place`(old: String, new: String, expected: String) throws {
    let text = valid.replacingOccurrences(of: old, with: new)
    #expect(text != valid)
    #expect(try problem(text) == expected)
  }

  @Test func `scaling keeps what is not trained`() throws {
    let shipped = try #require(Experiment.shipped("table-4.1"))
    let scaled = shipped.scaled(by: 0.25, epochs: 0.5)
    #expect(scaled.classifiers["vgg16"]?.model?.width == 0.25)
    #expect(scaled.classifiers["vgg16"]?.training?.epochs == 10)
    #expect(scaled.enhancers["unet"]?.model.width == 16)
    #expect(scaled.enhancers["unet"]?.reconstruct?.epochs == 3)
    #expect(scaled.rows == shipped.rows && scaled.data == shipped.data)
    #expect(shipped.scaled() == shipped)
    #expect(throws: ExperimentError.self) { try shipped.keeping(rows: ["8", "x"]) }
    #expect(try shipped.keeping(rows: ["9"]).rows.map(\.name) == ["9"])
  }

  @Test func `a path stands for all data that have it`() throws {
    var transfer = try #require(Experiment.shipped("transfer"))
    try transfer.locate("cifar10", at: "elsewhere")
    #expect(transfer.data.values.allSatisfy { $0.path == "elsewhere" })
    #expect(throws: ExperimentError.self) { try transfer.locate("imagenet", at: "p") }
  }
}
