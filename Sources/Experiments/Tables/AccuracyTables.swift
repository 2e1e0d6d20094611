// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Text

extension AccuracyAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable(
      ["accuracy, %", "images", "plain (95 %)"]
        + (enhanced == nil ? [] : ["enhanced (95 %)"] + PairedGain.headings))
    func cells(
      _ name: String, _ images: Int, _ plain: IntervalEstimate, _ enhanced: IntervalEstimate?
    ) -> [String] {
      [name, "\(images)", plain.percentages()] + (enhanced.map { [$0.percentages()] } ?? [])
    }
    table.add(cells("all", images, plain, enhanced) + (gain?.cells ?? []))
    for row in classes {
      // Classes are many: their p-values are Holm's.
      let gain = row.gain.map { Array($0.cells.dropLast()) + [pText(row.adjustedPValue)] }
      table.add(
        cells(row.name, row.images, row.plain, row.enhanced)
          + (gain ?? (enhanced == nil ? [] : ["", "", "", ""])))
    }
    return [.table(table)]
  }
}

extension Assessment.CalibrationPair {
  package var blocks: [FigureBlock] {
    var table = TextTable(["calibration", "ECE, %", "adaptive ECE, %", "Brier score", "log loss"])
    for (name, calibration) in [("plain", plain), ("enhanced", enhanced)] {
      guard let calibration else { continue }
      table.add([
        name, String(format: "%.2f", calibration.expectedError * 100),
        String(format: "%.2f", calibration.adaptiveError * 100),
        String(format: "%.4f", calibration.brierScore), String(format: "%.4f", calibration.logLoss),
      ])
    }
    return [.table(table)]
  }
}

extension BackgroundAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable([
      "background, %, of \(images) pictures", "accuracy", "flips",
      "taken for the background's class",
    ])
    func add(_ name: String, _ scores: Scores) {
      table.add([
        name, scores.accuracy.percentages(), scores.flips.percentages(),
        scores.followsBackground?.percentages() ?? "",
      ])
    }
    for variant in variants {
      add(variant.name, variant.plain)
      if let enhanced = variant.enhanced { add("  enhanced", enhanced) }
    }
    var gaps = "BG-gap, same class − random: \(gap?.percentages(signed: true) ?? "none") points"
    if let enhancedGap { gaps += "; enhanced: \(enhancedGap.percentages(signed: true))" }
    if let gapChange { gaps += "; change: \(gapChange.percentages(signed: true))" }
    return [.table(table), .note(gaps)]
  }
}

extension CorruptionAssessment {
  /// Accuracies over severities, plain over enhanced.
  package var blocks: [FigureBlock] {
    let severities = rows.first?.severities.map { "\($0.severity)" } ?? []
    var table = TextTable(
      ["corruption, %, of \(images) images"] + severities + ["mean error (95 %)"]
        + (change == nil ? [] : ["enhanced − plain"]))
    for row in rows {
      func cells(_ accuracy: (Severity) -> IntervalEstimate?) -> [String] {
        row.severities.map { severity in
          accuracy(severity).map { String(format: "%.1f", $0.value * 100) } ?? ""
        }
      }
      table.add(
        [row.corruption.rawValue] + cells(\.plain) + [row.plainError?.percentages() ?? ""]
          + (change == nil ? [] : [""]))
      guard let enhancedError = row.enhancedError, let change = row.change else { continue }
      table.add(
        ["  enhanced"] + cells(\.enhanced)
          + [enhancedError.percentages(), change.percentages(signed: true)])
    }
    var blocks: [FigureBlock] = [
      .table(table),
      .note(
        "Accuracy of the same pictures as they are: \(clean.percentages()) %"
          + (cleanEnhanced.map { "; enhanced: \($0.percentages()) %" } ?? "")),
      .note(
        "Mean error over all: \(plainError?.percentages() ?? "none") %"
          + (enhancedError.map { "; enhanced: \($0.percentages()) %" } ?? "")
          + (change.map { "; change: \($0.percentages(signed: true)) points" } ?? "")),
    ]
    if let meanCorruptionError {
      blocks.append(
        .note("mCE against the plain classifier: \(meanCorruptionError.decimals())"))
    }
    return blocks
  }
}
