// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
public import Network
package import Reporting
public import Statistics
import Text
import Training

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
          evaluator.predictions(for: enhanced, labels: images.labels),
          rows[0].gain.difference.value))
      progress(rows.count - 1, others.count)
    }
    self.rows = rows
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
