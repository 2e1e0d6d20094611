// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
public import Network
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
          share: members[label].count { predictions.classes[$0] == label }, of: members[label].count
        )
      }
      if gains[label] != nil { rank += 1 }
      return ClassRow(
        name: classNames[label], images: members[label].count, plain: estimate(plain),
        enhanced: enhanced.map(estimate), gain: gains[label],
        adjustedPValue: gains[label] == nil ? nil : adjusted[rank])
    }
  }

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

/// What the enhancer does for classifiers that it was not trained with.
public struct TransferAssessment: Codable, Equatable, Sendable {
  /// One classifier.
  public struct Row: Codable, Equatable, Sendable {
    /// Its name, or its file.
    public let classifier: String
    /// Its accuracy on plain pictures.
    public let plain: IntervalEstimate
    /// Its accuracy on enhanced pictures.
    public let enhanced: IntervalEstimate
    /// What the enhancer brings it.
    public let gain: PairedGain
    /// This gain / the gain of the enhancer's own classifier; `nil` where that is 0. About 0.8 to
    /// 0.9 in Liu et al. (arXiv:1910.09185) where processing restores what degradation took.
    public let ratio: Double?
  }

  /// The number of images.
  public let images: Int
  /// The enhancer's own classifier first.
  public let rows: [Row]

  /// - Parameter others: by name.
  public init?(
    _ model: AssessedModel, _ images: AssessedImages, own name: String,
    others: [(name: String, model: Model)], progress: AssessmentProgress
  ) throws {
    guard let enhanced = images.enhanced, let own = images.enhancedPredictions else { return nil }
    self.images = images.count
    func row(_ name: String, _ before: Predictions, _ after: Predictions, _ gain: Double?) -> Row {
      let paired = PairedGain(
        before: before.classes, after: after.classes, labels: images.labels, seed: model.seed)
      return Row(
        classifier: name,
        plain: IntervalEstimate(accuracyOf: before.classes, labels: images.labels),
        enhanced: IntervalEstimate(accuracyOf: after.classes, labels: images.labels), gain: paired,
        ratio: gain.flatMap { $0 == 0 ? nil : paired.difference.value / $0 })
    }
    var rows = [row(name, images.predictions, own, nil)]
    for other in others {
      let evaluator = try Evaluator(other.model, model.pool, batch: model.batch)
      rows.append(
        row(
          other.name, evaluator.predictions(for: images.plain, labels: images.labels),
          evaluator.predictions(for: enhanced, labels: images.labels), rows[0].gain.difference.value
        ))
      progress(rows.count - 1, others.count)
    }
    self.rows = rows
  }

  package var blocks: [FigureBlock] {
    var table = TextTable(
      ["transfer, %, of \(images) images", "plain", "enhanced"] + PairedGain.headings + ["ratio"])
    for row in rows {
      table.add(
        [row.classifier.lastPathParts, row.plain.percentages(), row.enhanced.percentages()]
          + row.gain.cells + [row.ratio.map { String(format: "%.2f", $0) } ?? ""])
    }
    return [.table(table)]
  }
}
