// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

extension PerturbationAssessment {
  package var blocks: [FigureBlock] {
    var sizes = TextTable(["perturbation", "mean of \(images) images (95 %)"])
    sizes.add(["largest difference, levels of 255", levels(size.largest)])
    sizes.add(["mean difference, levels of 255", levels(size.mean)])
    sizes.add(["Euclidean norm", size.norm.decimals()])
    sizes.add(["PSNR, dB", size.peakSignalToNoise.map { decibels($0) } ?? "infinite"])
    sizes.add(["SSIM", size.structuralSimilarity.decimals()])
    sizes.add(["changed by more than 1 level, %", size.changed.percentages()])
    sizes.add(["changed by more than 8 levels, %", size.changedVisibly.percentages()])
    sizes.add(["fine detail's share of its power, %", spectrum.fineShare.percentages()])
    sizes.add(["fine detail's share of the images', %", spectrum.fineShareOfImages.percentages()])
    var gains = TextTable(["enhanced picture", "accuracy, %"] + PairedGain.headings)
    for variant in budget { gains.add(["clipped to ±\(variant.name)"] + variant.cells) }
    for variant in stored { gains.add(["stored as \(variant.name)"] + variant.cells) }
    return [.table(sizes), .table(gains)]
  }

  private func levels(_ estimate: IntervalEstimate) -> String {
    String(
      format: "%.1f (%.1f to %.1f)", estimate.value * 255, estimate.lower * 255,
      estimate.upper * 255)
  }

  private func decibels(_ estimate: IntervalEstimate) -> String {
    String(format: "%.1f (%.1f to %.1f)", estimate.value, estimate.lower, estimate.upper)
  }
}

extension AdversarialAssessment {
  package var blocks: [FigureBlock] {
    var blocks: [FigureBlock] = []
    if !controls.isEmpty {
      var table = TextTable(["instead of its change", "accuracy, %"] + PairedGain.headings)
      for control in controls {
        table.add([control.name] + control.cells)
      }
      blocks.append(.table(table))
    }
    let isPaired = attacks.first?.enhanced != nil
    var table = TextTable(
      ["accuracy under attack, %, of \(images) images", "classifier"]
        + (isPaired ? ["both, attacked as one", "attack on the classifier, enhanced"] : []))
    for attack in attacks {
      table.add(
        ["\(attack.name), \(attack.epsilon)/255", attack.plain.percentages()]
          + [attack.enhanced, attack.transferred].compactMap { $0?.percentages() })
    }
    return blocks + [.table(table)]
  }
}

extension TransferAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable(
      ["transfer, %, of \(images) images", "plain", "enhanced"] + PairedGain.headings + ["ratio"])
    for row in rows {
      table.add(
        [
          row.classifier.split(separator: "/").suffix(2).joined(separator: "/"),
          row.plain.percentages(),
          row.enhanced.percentages(),
        ] + row.gain.cells
          + [row.ratio.map { String(format: "%.2f", $0) } ?? ""])
    }
    return [.table(table)]
  }
}

extension ChangedPictures {
  /// The accuracy and the gain, as cells.
  fileprivate var cells: [String] { [accuracy.percentages()] + gain.cells }
}
