// SPDX-License-Identifier: Apache-2.0
import Explanation
import Imaging
import Kernels
import Training

/// What the maps of one picture say, plain and enhanced.
struct AttentionRecord {
  let plain: Localization
  let enhanced: Localization?
  let area: Double
  let centredEnergy: Double?
  /// Which of the plain and the enhanced picture is told right.
  let group: String
  /// Enhanced − plain, of the true class.
  let probabilityChange: Double

  init(
    _ index: Int, _ mask: Mask, _ plain: Localization, _ enhanced: Localization?,
    _ images: AssessedImages
  ) {
    self.plain = plain
    self.enhanced = enhanced
    area = Localization.area(of: mask)
    centredEnergy =
      Localization(
        Localization.centred(width: mask.width, height: mask.height), mask, seed: 0)?.energy
    let label = images.labels[index]
    let wasRight = images.predictions.classes[index] == label
    let isRight = images.enhancedPredictions.map { $0.classes[index] == label } ?? wasRight
    group = isRight ? (wasRight ? "both right" : "fixed") : (wasRight ? "broken" : "both wrong")
    let before = images.predictions.trueProbabilities[index]
    let after = images.enhancedPredictions?.trueProbabilities[index] ?? before
    probabilityChange = Double(after) - Double(before)
  }

  var energyChange: Double { (enhanced ?? plain).energy - plain.energy }

  static func scores(
    _ localizations: [Localization], _ seed: UInt64
  ) -> AttentionAssessment.Scores? {
    scores(localizations.map { ($0.isHit ? 1 : 0, $0.energy, $0.rankAccuracy) }, seed)
  }

  static func changes(
    _ records: [AttentionRecord], _ seed: UInt64
  ) -> AttentionAssessment.Scores? {
    let changes = records.map { record in
      let (before, after) = (record.plain, record.enhanced ?? record.plain)
      return (
        (after.isHit ? 1.0 : 0) - (before.isHit ? 1 : 0), after.energy - before.energy,
        after.rankAccuracy - before.rankAccuracy
      )
    }
    return scores(changes, seed)
  }

  private static func scores(
    _ values: [(Double, Double, Double)], _ seed: UInt64
  ) -> AttentionAssessment.Scores? {
    guard let pointing = IntervalEstimate(meanOf: values.map(\.0), seed: seed),
      let energy = IntervalEstimate(meanOf: values.map(\.1), seed: seed),
      let rankAccuracy = IntervalEstimate(meanOf: values.map(\.2), seed: seed)
    else { return nil }
    return .init(pointing: pointing, energy: energy, rankAccuracy: rankAccuracy)
  }

  static func association(_ records: [AttentionRecord], _ seed: UInt64) -> IntervalEstimate? {
    guard records.count > 2 else { return nil }
    let (energies, probabilities) = (
      records.map(\.energyChange), records.map(\.probabilityChange)
    )
    var random = RandomGenerator(seed: seed)
    let interval = PairedBootstrap(drawCount: 2000).interval(
      count: records.count, random: &random
    ) { indices in
      Correlation.spearman(indices.map { energies[$0] }, indices.map { probabilities[$0] })
    }
    return IntervalEstimate(Correlation.spearman(energies, probabilities), interval)
  }
}
