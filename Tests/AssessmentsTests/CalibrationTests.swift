// SPDX-License-Identifier: Apache-2.0
import Assessments
import Foundation
import Interchange
import Kernels
import Network
import Reporting
import Scenes
import Statistics
import TestSupport
import Testing
import Text
import Training

/// Against SciPy and scikit-learn: tools/oracles/assessment.py.
struct CalibrationTests {
  private let golden: JSONValue

  init() throws {
    golden = try JSONReader.read(
      String(decoding: try Fixture.bytes("assessment.json"), as: UTF8.self))
  }

  /// What a classifier that passes its input on as logits says of 300 rows.
  private func predictions() throws -> Predictions {
    var graph = Graph()
    let input = try graph.input(height: 1, width: 1, channels: 4)
    _ = try graph.dense("logits", input, units: 4, hasBias: false)
    let parameters = try #require(ParameterStore(graph))
    let weights = parameters.values(of: parameters.entries[0])
    for unit in 0..<4 { weights[unit * 5] = 1 }
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    let pool = try #require(ThreadPool(threadCount: 1))
    let logits = NetworkRun.drawn("calibration/logits", count: 1200, -3..<3)
    let labels = try elements(golden["calibration"]?["labels"]).map { Int(try number($0)) }
    return try Evaluator(model, pool, batch: 7).predictions(
      for: (0..<300).map { Array(logits[4 * $0..<4 * $0 + 4]) }, labels: labels)
  }

  @Test func `errors and scores are the libraries'`() throws {
    let calibration = Calibration(try predictions())
    let golden = try #require(golden["calibration"])
    #expect(abs(calibration.expectedError - (try number(golden["expected"]))) < 1e-6)
    #expect(abs(calibration.adaptiveError - (try number(golden["adaptive"]))) < 1e-6)
    #expect(abs(calibration.brierScore - (try number(golden["brier"]))) < 1e-6)
    #expect(abs(calibration.logLoss - (try number(golden["logLoss"]))) < 1e-6)
    let counts = try elements(golden["counts"]).map { Int(try number($0)) }
    #expect(calibration.bins.map(\.images) == counts)
  }

  @Test func `the diagram has a bar for each bin that has images`() throws {
    let calibration = Calibration(try predictions())
    let svg = ReliabilityDiagram([("a < b & c", calibration), ("other", calibration)]).svg
    let bars = calibration.bins.count { $0.images > 0 }
    #expect(svg.components(separatedBy: "<rect").count == 1 + 1 + 2 * bars)
    #expect(svg.contains("a &lt; b &amp; c") && svg.hasSuffix("</svg>\n"))
  }

  @Test func `correlations are SciPy's`() throws {
    let golden = try #require(golden["correlation"])
    let a = try elements(golden["a"]).map { try number($0) }
    let b = try elements(golden["b"]).map { try number($0) }
    #expect(abs(Correlation.pearson(a, b) - (try number(golden["pearson"]))) < 1e-12)
    #expect(abs(Correlation.spearman(a, b) - (try number(golden["spearman"]))) < 1e-12)
    #expect(Correlation.spearman(a, a.map { _ in 1 }) == 0)
    #expect(Correlation.pearson([], []) == 0)
  }
}
