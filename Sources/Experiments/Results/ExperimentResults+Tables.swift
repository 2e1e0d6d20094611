// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
package import Reporting
import Statistics
import Text

extension ExperimentResults.Row {
  /// Figures of the row's suites: means of the seeds ± the deviation, or with intervals for one
  /// seed.
  package var suiteBlocks: [FigureBlock] { backgroundBlocks + corruptionBlocks }

  var backgroundBlocks: [FigureBlock] {
    let found = runs.compactMap(\.background)
    guard let first = found.first else { return [] }
    var table = TextTable([
      "backgrounds, %, of \(first.images) images", "accuracy alone", "enhanced",
      "taken for the background's class alone", "enhanced",
    ])
    for (index, variant) in first.variants.enumerated() {
      let variants = found.map { $0.variants[index] }
      table.add([
        variant.name, Self.figure(variants.map(\.plain.accuracy)),
        Self.figure(variants.compactMap { $0.enhanced?.accuracy }),
        Self.figure(variants.compactMap(\.plain.followsBackground)),
        Self.figure(variants.compactMap { $0.enhanced?.followsBackground }),
      ])
    }
    let gaps =
      "BG-gap, same class − random, in points: alone "
      + "\(Self.figure(found.compactMap(\.gap), signed: true)); enhanced "
      + "\(Self.figure(found.compactMap(\.enhancedGap), signed: true)); change "
      + Self.figure(found.compactMap(\.gapChange), signed: true)
    return [.table(table), .note(gaps)]
  }

  var corruptionBlocks: [FigureBlock] {
    let found = runs.compactMap(\.corruption)
    guard let first = found.first else { return [] }
    let severities = (first.rows.first?.severities ?? []).map { "\($0.severity)" }
    var table = TextTable([
      "errors, %, of \(first.images) images", "alone", "enhanced", "change, points",
    ])
    func add(
      _ name: String, _ plain: [IntervalEstimate?], _ enhanced: [IntervalEstimate?],
      _ change: [IntervalEstimate?]
    ) {
      table.add([
        name, Self.figure(plain.compactMap(\.self)), Self.figure(enhanced.compactMap(\.self)),
        Self.figure(change.compactMap(\.self), signed: true),
      ])
    }
    for (index, row) in first.rows.enumerated() {
      let rows = found.map { $0.rows[index] }
      add(
        row.corruption.rawValue, rows.map(\.plainError), rows.map(\.enhancedError),
        rows.map(\.change))
    }
    add("all", found.map(\.plainError), found.map(\.enhancedError), found.map(\.change))
    let clean =
      "Errors are means of the severities \(severities.joined(separator: ", ")). Accuracy "
      + "of the clean images: alone \(Self.figure(found.map(\.clean))) %; enhanced "
      + "\(Self.figure(found.compactMap(\.cleanEnhanced))) %"
    return [.table(table), .note(clean)]
  }

  /// Percentages: one with its interval, several as mean and deviation.
  private static func figure(_ estimates: [IntervalEstimate], signed: Bool = false) -> String {
    guard estimates.count > 1 else { return estimates.first?.percentages(signed: signed) ?? "" }
    return ExperimentResults.Spread(estimates.map(\.value)).percentages(signed: signed)
  }
}
