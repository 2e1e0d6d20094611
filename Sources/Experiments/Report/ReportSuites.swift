// SPDX-License-Identifier: Apache-2.0
import Datasets

extension ExperimentResults.Row {
  /// What the row's suites found: accuracies as bars, then all figures.
  func suites() -> [HTML] {
    let backgrounds = runs.compactMap(\.background).map { found in
      found.variants.map { ($0.name, $0.plain.accuracy, $0.enhanced?.accuracy) }
    }
    let corruptions = runs.compactMap(\.corruption).map { found in
      found.rows.map { ($0.corruption.rawValue, $0.plainError, $0.enhancedError) }
    }
    return suite("Backgrounds", Self.means(of: backgrounds), backgroundBlocks)
      + suite(
        "Corruptions",
        Self.means(of: corruptions).map { ($0.name, 1 - $0.before, 1 - $0.after) },
        corruptionBlocks)
  }

  private func suite(
    _ title: String, _ accuracies: [(name: String, before: Double, after: Double)],
    _ blocks: [FigureBlock]
  ) -> [HTML] {
    if blocks.isEmpty { return [] }
    let bars = Chart.bars(accuracies, label: "\(title): accuracies")
    return [
      .element("h3", [:], title),
      Report.figure(
        bars, "Accuracy in per cent, mean of the seeds: alone (grey) and enhanced (blue)"),
    ] + blocks.html(label: title)
  }

  /// Over the seeds.
  private static func means(
    of runs: [[(String, IntervalEstimate?, IntervalEstimate?)]]
  ) -> [(name: String, before: Double, after: Double)] {
    (runs.first ?? []).indices.map { index in
      let figures = runs.map { $0[index] }
      return (
        figures[0].0, Summary(figures.map { $0.1?.value ?? 0 }).mean,
        Summary(figures.map { $0.2?.value ?? 0 }).mean
      )
    }
  }
}
