// SPDX-License-Identifier: Apache-2.0
import Experiments
import Foundation
import Reporting
import Statistics
import Text

/// Results as text: accuracies and gains, then what they cost.
struct ExperimentTable: CustomStringConvertible {
  private let results: ExperimentResults
  private let times: ExperimentTimes

  init(_ results: ExperimentResults, _ times: ExperimentTimes) {
    self.results = results
    self.times = times
  }

  var description: String {
    "\n\(accuracies)\n\n\(budgets)\n\n" + suites.map { $0 + "\n\n" }.joined() + legend
  }

  private var suites: [String] {
    results.rows.compactMap { row in
      let blocks = row.suiteBlocks
      return blocks.isEmpty ? nil : "row \(row.name): \(row.title)\n\n\(blocks.text)"
    }
  }

  private var accuracies: String {
    var table = TextTable([
      "row", "", "training", "test", "gain (95 %)", "fixed", "broken", "p", "p (Holm)",
    ])
    for row in results.rows {
      for (index, variant) in row.summary.enumerated() {
        table.add([
          index == 0 ? row.label : "", variant.name, variant.trainingText, variant.accuracy.text,
          variant.gainText, variant.fixedText, variant.brokenText, pText(variant.p),
          pText(variant.adjustedP),
        ])
      }
    }
    return table.description
  }

  private var budgets: String {
    var table = TextTable([
      "row", "", "images trained on", "training", "CPU time", "parameters", "a prediction",
    ])
    for row in results.rows {
      guard let run = row.runs.first else { continue }
      for (index, variant) in run.variants.enumerated() {
        let budget = variant.budget
        table.add([
          index == 0 ? row.name : "", variant.id.rawValue, budget.samples.formatted(),
          Estimate.text(multiplyAccumulates: budget.trainingMultiplyAccumulates),
          Duration.text(times.cpuSeconds(row: row.name, variant: variant.id) ?? 0),
          budget.parameters.formatted(),
          String(format: "%.1f MMAC", Double(budget.multiplyAccumulates) / 1e6),
        ])
      }
    }
    return table.description
  }

  private var legend: String {
    let seeds = results.experiment.seeds
    var lines = results.rows.map { row in
      "row \(row.name): \(row.title), \(row.data.test) test images" + published(row)
    }
    lines.append(
      seeds == 1
        ? "gain: over C0 on the same images, with the bootstrap's interval; p: McNemar's exact test"
        : "mean ± standard deviation of \(seeds) seeds; gain: over C0 on the same images, with the "
          + "bootstrap's interval; p: McNemar's exact test, the seeds combined")
    return lines.joined(separator: "\n")
  }

  private func published(_ row: ExperimentResults.Row) -> String {
    let rows = results.experiment.rows
    guard let figures = rows.first(where: { $0.name == row.name })?.published else { return "" }
    return "; published: \(figures.alone.percent) alone, \(figures.enhanced.percent) enhanced"
  }
}
