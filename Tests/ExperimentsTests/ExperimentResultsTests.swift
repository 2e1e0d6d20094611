// SPDX-License-Identifier: Apache-2.0
import Experiments
import Foundation
import TestSupport
import Testing
import Training

/// Results of an earlier run, whose figures `tools/oracles/experiment.py` computes by SciPy.
struct ExperimentResultsTests {
  private let folder = Fixture.path("experiment")

  @Test func `results are read, and their figures follow from their predictions`() throws {
    let results = try ExperimentResults(folder: folder)
    #expect(results.rows.map(\.name) == ["clean", "degraded"])
    for row in results.rows {
      #expect(row.summary.map(\.id) == row.runs[1].variants.map(\.id))
      for variant in row.runs.flatMap(\.variants) {
        let predictions = try PredictionsFile.read(folder + "/" + variant.predictions)
        #expect(predictions.labels.count == row.data.test)
        #expect(
          zip(predictions.labels, predictions.classes).count { $0 == $1 } == variant.test.right)
      }
    }
  }

  @Test func `a folder without results is named`() {
    let error = #expect(throws: ExperimentError.self) { try ExperimentResults(folder: "nowhere") }
    #expect(error?.description.hasPrefix("nowhere/results.json: ") == true)
    let lacking = #expect(throws: ExperimentError.self) {
      try PredictionsFile.read(folder + "/results.json")
    }
    #expect(lacking?.description.contains("results.json: ") == true)
  }
}
