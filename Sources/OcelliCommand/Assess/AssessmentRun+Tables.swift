// SPDX-License-Identifier: Apache-2.0
import Experiments
import Foundation

extension AssessmentRun {
  /// What a section found, for people.
  func table(_ section: AssessmentSection) -> String {
    let text: String? =
      switch section {
      case .accuracy: assessment.accuracy?.table
      case .calibration: assessment.calibration?.table
      case .faithfulness: assessment.faithfulness?.table
      case .sanity: assessment.sanity?.table
      case .attention: assessment.attention?.map(\.table).joined(separator: "\n\n")
      case .background: assessment.background?.table
      }
    return text ?? ""
  }
}

extension IntervalEstimate {
  /// As percentages: `81.5 (80.1 to 82.9)`; with signs where it is a difference.
  func percentages(signed: Bool = false) -> String {
    let format = signed ? "%+.1f (%+.1f to %+.1f)" : "%.1f (%.1f to %.1f)"
    return String(format: format, value * 100, lower * 100, upper * 100)
  }

  /// As they are, to three decimals.
  func decimals(signed: Bool = false) -> String {
    let format = signed ? "%+.3f (%+.3f to %+.3f)" : "%.3f (%.3f to %.3f)"
    return String(format: format, value, lower, upper)
  }
}

extension PairedGain {
  /// The gain, fixed, broken and p, as cells.
  var cells: [String] {
    [difference.percentages(signed: true), "\(fixed)", "\(broken)", pText(pValue)]
  }

  static let headings = ["gain (95 %)", "fixed", "broken", "p"]
}

private let nothing = "none"

extension AccuracyAssessment {
  var table: String {
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
    return table.description
  }
}

extension Assessment.CalibrationPair {
  var table: String {
    var table = TextTable(["calibration", "ECE, %", "adaptive ECE, %", "Brier score", "log loss"])
    for (name, calibration) in [("plain", plain), ("enhanced", enhanced)] {
      guard let calibration else { continue }
      table.add([
        name, String(format: "%.2f", calibration.expectedError * 100),
        String(format: "%.2f", calibration.adaptiveError * 100),
        String(format: "%.4f", calibration.brierScore), String(format: "%.4f", calibration.logLoss),
      ])
    }
    return table.description
  }
}

extension FaithfulnessAssessment {
  var table: String {
    var table = TextTable([
      "faithfulness", "images", "empty", "deletion ↓", "of a random order", "insertion ↑",
      "of a random order", "average drop, % ↓", "increase, % ↑", "ROAD ↑",
    ])
    for row in rows {
      table.add([
        "\(row.method), \(row.pictures)", "\(row.images)", "\(row.empty)",
        row.deletion?.decimals() ?? nothing,
        row.randomDeletion.map { String(format: "%.3f", $0.value) } ?? nothing,
        row.insertion?.decimals() ?? nothing,
        row.randomInsertion.map { String(format: "%.3f", $0.value) } ?? nothing,
        row.averageDrop?.percentages() ?? nothing, row.increase.percentages(),
        row.removeAndDebias?.decimals(signed: true) ?? nothing,
      ])
    }
    return table.description
  }
}

extension SanityAssessment {
  var table: String {
    var table = TextTable(["sanity of \(method): randomised from here on", "rank correlation"])
    for stage in stages {
      table.add([stage.layer, stage.rankCorrelation?.decimals(signed: true) ?? nothing])
    }
    return table.description
  }
}

extension AttentionAssessment {
  var table: String {
    var table = TextTable([
      "attention, %, of the \(target.rawValue) class", "energy on the object",
      "largest value on it",
      "rank accuracy",
    ])
    for (name, scores, isChange) in [
      ("plain", plain, false), ("enhanced", enhanced, false), ("change", change, true),
    ] {
      guard let scores else { continue }
      table.add(
        [name]
          + [scores.energy, scores.pointing, scores.rankAccuracy].map {
            $0.percentages(signed: isChange)
          })
    }
    var lines = [
      table.description,
      "A map that knows nothing: energy \(area.map { percent($0.value) } ?? nothing); "
        + "a blob in the middle: \(centredEnergy.map { percent($0.value) } ?? nothing). "
        + "\(images) images, \(empty) left out for an empty map.",
    ]
    if enhanced != nil {
      var changes = TextTable(["the enhancer", "images", "change of energy, points"])
      for group in groups {
        changes.add([
          group.name, "\(group.images)",
          group.energyChange?.percentages(signed: true) ?? nothing,
        ])
      }
      lines += ["", changes.description]
      if let association {
        lines.append(
          "Rank correlation of the change of energy with that of the true class's probability: "
            + association.decimals(signed: true))
      }
    }
    return lines.joined(separator: "\n")
  }
}

extension BackgroundAssessment {
  var table: String {
    var table = TextTable([
      "background, %, of \(images) scenes", "accuracy", "flips", "taken for the background's class",
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
    var gaps = "BG-gap, same class − random: \(gap?.percentages(signed: true) ?? nothing) points"
    if let enhancedGap { gaps += "; enhanced: \(enhancedGap.percentages(signed: true))" }
    if let gapChange { gaps += "; change: \(gapChange.percentages(signed: true))" }
    return table.description + "\n" + gaps
  }
}
