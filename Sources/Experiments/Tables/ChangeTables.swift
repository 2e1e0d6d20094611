// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

extension PerturbationAssessment {
  package var blocks: [FigureBlock] {
    var sizes = TextTable(["perturbation", "mean of \(images) images (95 %)"])
    sizes.add(["largest difference, levels of 255", size.largest.text(scale: 255, digits: 1)])
    sizes.add(["mean difference, levels of 255", size.mean.text(scale: 255, digits: 1)])
    sizes.add(["Euclidean norm", size.norm.decimals()])
    sizes.add(["PSNR, dB", size.peakSignalToNoise?.text(scale: 1, digits: 1) ?? "infinite"])
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
          row.classifier.lastPathParts, row.plain.percentages(), row.enhanced.percentages(),
        ] + row.gain.cells
          + [row.ratio.map { String(format: "%.2f", $0) } ?? ""])
    }
    return [.table(table)]
  }
}

extension String {
  /// The last two parts of a path: the file's name alone is often the same.
  var lastPathParts: String { split(separator: "/").suffix(2).joined(separator: "/") }
}

extension ChangedPictures {
  /// The accuracy and the gain, as cells.
  fileprivate var cells: [String] { [accuracy.percentages()] + gain.cells }
}
