// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

extension FaithfulnessAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable([
      "faithfulness", "images", "empty", "deletion ↓", "of a random order", "insertion ↑",
      "of a random order", "average drop, % ↓", "increase, % ↑", "ROAD ↑",
    ])
    for row in rows {
      table.add([
        "\(row.method), \(row.pictures)", "\(row.images)", "\(row.empty)",
        row.deletion?.decimals() ?? "none",
        row.randomDeletion.map { String(format: "%.3f", $0.value) } ?? "none",
        row.insertion?.decimals() ?? "none",
        row.randomInsertion.map { String(format: "%.3f", $0.value) } ?? "none",
        row.averageDrop?.percentages() ?? "none", row.increase.percentages(),
        row.removeAndDebias?.decimals(signed: true) ?? "none",
      ])
    }
    return [.table(table)]
  }
}

extension SanityAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable(["sanity of \(method): randomised from here on", "rank correlation"])
    for stage in stages {
      // Converted models name a layer by all that it was made of.
      let layer = stage.layer.split(separator: ";").first.map(String.init) ?? stage.layer
      table.add([layer, stage.rankCorrelation?.decimals(signed: true) ?? "none"])
    }
    return [.table(table)]
  }
}

extension AttentionAssessment {
  package var blocks: [FigureBlock] {
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
    var blocks: [FigureBlock] = [
      .table(table),
      .note(
        "A map that knows nothing: energy \(area?.value.percent ?? "none"); "
          + "a blob in the middle: \(centredEnergy?.value.percent ?? "none"). "
          + "\(images) images, \(empty) left out for an empty map."),
    ]
    if enhanced != nil {
      var changes = TextTable(["the enhancer", "images", "change of energy, points"])
      for group in groups {
        changes.add([
          group.name, "\(group.images)",
          group.energyChange?.percentages(signed: true) ?? "none",
        ])
      }
      blocks.append(.table(changes))
      if let association {
        blocks.append(
          .note(
            "Rank correlation of the change of energy with that of the true class's probability: "
              + association.decimals(signed: true)))
      }
    }
    return blocks
  }
}
