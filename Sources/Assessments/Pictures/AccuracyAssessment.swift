// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Reporting
public import Statistics
import Text
public import Training

/// How often the classifier is right, plain and enhanced: in all, and class by class.
public struct AccuracyAssessment: Codable, Equatable, Sendable {
  /// One class.
  public struct ClassRow: Codable, Equatable, Sendable {
    /// The class's name.
    public let name: String
    /// The number of its images.
    public let images: Int
    /// The share of them that is told right.
    public let plain: IntervalEstimate
    /// The same of the enhanced images.
    public let enhanced: IntervalEstimate?
    /// `nil` for a class without images.
    public let gain: PairedGain?
    /// The p-value of the gain by Holm's adjustment over the classes.
    public let adjustedPValue: Double?
  }

  /// The number of images.
  public let images: Int
  /// The accuracy on plain images.
  public let plain: IntervalEstimate
  /// The accuracy on enhanced images.
  public let enhanced: IntervalEstimate?
  /// What the enhancer brings.
  public let gain: PairedGain?
  /// Every class, in the order of the labels.
  public let classes: [ClassRow]

  /// Compares predictions for the same images, in the same order.
  public init(plain: Predictions, enhanced: Predictions?, classNames: [String], seed: UInt64) {
    images = plain.labels.count
    self.plain = IntervalEstimate(accuracyOf: plain.classes, labels: plain.labels)
    self.enhanced = enhanced.map { IntervalEstimate(accuracyOf: $0.classes, labels: $0.labels) }
    gain = enhanced.map {
      PairedGain(before: plain.classes, after: $0.classes, labels: plain.labels, seed: seed)
    }
    let members = classNames.indices.map { label in
      plain.labels.indices.filter { plain.labels[$0] == label }
    }
    let gains = members.map { images -> PairedGain? in
      guard let enhanced, !images.isEmpty else { return nil }
      return PairedGain(
        before: images.map { plain.classes[$0] }, after: images.map { enhanced.classes[$0] },
        labels: images.map { plain.labels[$0] }, seed: seed)
    }
    let adjusted = HolmAdjustment.adjusted(gains.compactMap { $0?.pValue })
    var rank = -1
    classes = classNames.indices.map { label in
      func estimate(_ predictions: Predictions) -> IntervalEstimate {
        IntervalEstimate(
          share: members[label].count { predictions.classes[$0] == label },
          of: members[label].count)
      }
      if gains[label] != nil { rank += 1 }
      return ClassRow(
        name: classNames[label], images: members[label].count, plain: estimate(plain),
        enhanced: enhanced.map(estimate), gain: gains[label],
        adjustedPValue: gains[label] == nil ? nil : adjusted[rank])
    }
  }
}

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
