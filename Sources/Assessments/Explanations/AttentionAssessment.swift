// SPDX-License-Identifier: Apache-2.0
public import Explanation
import Foundation
public import Imaging
import Kernels
package import Reporting
public import Statistics
import Text
import Training

/// Whether the classifier looks at the object, and whether it does so more with the enhancer.
public struct AttentionAssessment: Codable, Equatable, Sendable {
  /// The class that is explained.
  public enum Target: String, CaseIterable, Codable, Sendable {
    /// The true class: what speaks for the right answer.
    case trueClass = "true"
    /// The predicted class, plain and enhanced: what the answer rests on.
    case predictedClass = "predicted"
  }

  /// Means over pictures. See `Localization`.
  public struct Scores: Codable, Equatable, Sendable {
    /// The share of pictures whose largest value lies on the object.
    public let pointing: IntervalEstimate
    /// The share of the map that lies on the object.
    public let energy: IntervalEstimate
    /// The share of the object's pixels among as many of the largest values.
    public let rankAccuracy: IntervalEstimate
  }

  /// Pictures to which the enhancer did the same.
  public struct Group: Codable, Equatable, Sendable {
    /// What the enhancer did to the answer.
    public enum Outcome: String, CaseIterable, Codable, Sendable {
      case fixed, broken
      case bothRight = "both right"
      case bothWrong = "both wrong"
    }

    /// What it did to these.
    public let name: Outcome
    /// The number of pictures.
    public let images: Int
    /// Energy enhanced − energy plain; `nil` for no pictures.
    public let energyChange: IntervalEstimate?
  }

  /// The explanation's name.
  public let method: String
  /// The layer that it explains, where it needs one.
  public let layer: String?
  /// The class that is explained.
  public let target: Target
  /// Pictures with a mask and with maps that are not empty; all figures are of these.
  public let images: Int
  /// Pictures with a mask that are left out, as a map of theirs is empty.
  public let empty: Int
  /// The share of the picture that the object covers: the energy of a map that is even.
  public let area: IntervalEstimate?
  /// The energy of a Gaussian in the middle of the picture, which knows nothing either.
  public let centredEnergy: IntervalEstimate?
  /// Of plain pictures.
  public let plain: Scores?
  /// Of enhanced pictures.
  public let enhanced: Scores?
  /// Enhanced − plain, picture by picture.
  public let change: Scores?
  /// By what the enhancer did to the answer.
  public let groups: [Group]
  /// Spearman's rank correlation, over pictures, of the change of the energy with the change of the
  /// true class's probability.
  public let association: IntervalEstimate?

  /// Of all targets.
  /// - Parameter masks: of each image, `nil` where there is none.
  public static func ofAllTargets(
    _ model: AssessedModel, _ images: AssessedImages, masks: [Mask?], method: ExplanationMethod,
    _ options: Explainer.Options, progress: AssessmentProgress
  ) throws -> [AttentionAssessment] {
    let explainer = try Explainer(
      model.classifier.inFloats, by: method, options, batch: model.batch, model.pool)
    var records = Target.allCases.map { _ in [AttentionRecord]() }
    var empty = Target.allCases.map { _ in 0 }
    for (index, mask) in masks.enumerated() {
      defer { progress(index + 1, masks.count) }
      guard let mask else { continue }
      func localizations(_ image: [Float], _ predictions: Predictions) throws -> [Localization?] {
        try Self.localizations(
          of: image, label: images.labels[index], predicted: predictions.classes[index], mask,
          explainer, seed: model.seed &+ UInt64(index))
      }
      let plain = try localizations(images.plain[index], images.predictions)
      var enhanced: [Localization?]?
      if let pictures = images.enhanced, let predictions = images.enhancedPredictions {
        enhanced = try localizations(pictures[index], predictions)
      }
      for target in Target.allCases.indices {
        guard let plain = plain[target], enhanced == nil || enhanced?[target] != nil else {
          empty[target] += 1
          continue
        }
        records[target].append(AttentionRecord(index, mask, plain, enhanced?[target], images))
      }
    }
    return zip(Target.allCases, zip(records, empty)).map { target, found in
      AttentionAssessment(
        found.0, of: target, method: method, layer: explainer.layer, empty: found.1,
        seed: model.seed)
    }
  }

  /// Of each target; the classes are often the same.
  private static func localizations(
    of image: [Float], label: Int, predicted: Int, _ mask: Mask, _ explainer: Explainer,
    seed: UInt64
  ) throws -> [Localization?] {
    func localization(_ target: Int) throws -> Localization? {
      Localization(try explainer.explanation(of: image, class: target).map, mask, seed: seed)
    }
    let ofLabel = try localization(label)
    return [ofLabel, predicted == label ? ofLabel : try localization(predicted)]
  }

  private init(
    _ records: [AttentionRecord], of target: Target, method: ExplanationMethod, layer: String?,
    empty: Int, seed: UInt64
  ) {
    self.target = target
    self.method = method.name
    (self.layer, self.empty) = (layer, empty)
    images = records.count
    area = IntervalEstimate(meanOf: records.map(\.area), seed: seed)
    centredEnergy = IntervalEstimate(meanOf: records.compactMap(\.centredEnergy), seed: seed)
    plain = AttentionRecord.scores(records.map(\.plain), seed)
    let enhanced = records.compactMap(\.enhanced)
    self.enhanced = AttentionRecord.scores(enhanced, seed)
    guard !enhanced.isEmpty else {
      (change, groups, association) = (nil, [], nil)
      return
    }
    change = AttentionRecord.changes(records, seed)
    groups = Group.Outcome.allCases.map { outcome in
      let members = records.filter { $0.outcome == outcome }
      return Group(
        name: outcome, images: members.count,
        energyChange: IntervalEstimate(meanOf: members.map(\.energyChange), seed: seed))
    }
    association = AttentionRecord.association(records, seed)
  }
}

/// Where the maps of one picture lie, plain and enhanced.
struct AttentionRecord {
  let plain: Localization
  let enhanced: Localization?
  let area: Double
  let centredEnergy: Double?
  /// What the enhancer did to the answer.
  let outcome: AttentionAssessment.Group.Outcome
  /// Enhanced − plain, of the true class.
  let probabilityChange: Double

  init(
    _ index: Int, _ mask: Mask, _ plain: Localization, _ enhanced: Localization?,
    _ images: AssessedImages
  ) {
    (self.plain, self.enhanced) = (plain, enhanced)
    area = Localization.area(of: mask)
    centredEnergy =
      Localization(Localization.centred(width: mask.width, height: mask.height), mask, seed: 0)?
      .energy
    let label = images.labels[index]
    let wasRight = images.predictions.classes[index] == label
    let isRight = images.enhancedPredictions.map { $0.classes[index] == label } ?? wasRight
    outcome = isRight ? (wasRight ? .bothRight : .fixed) : (wasRight ? .broken : .bothWrong)
    let before = images.predictions.trueProbabilities[index]
    let after = images.enhancedPredictions?.trueProbabilities[index] ?? before
    probabilityChange = Double(after) - Double(before)
  }

  var energyChange: Double { (enhanced ?? plain).energy - plain.energy }

  static func scores(_ localizations: [Localization], _ seed: UInt64) -> AttentionAssessment.Scores?
  { scores(localizations.map { ($0.isHit ? 1 : 0, $0.energy, $0.rankAccuracy) }, seed) }

  static func changes(_ records: [AttentionRecord], _ seed: UInt64) -> AttentionAssessment.Scores? {
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
    let (energies, probabilities) = (records.map(\.energyChange), records.map(\.probabilityChange))
    var random = RandomGenerator(seed: seed)
    let interval = PairedBootstrap(drawCount: 2000).interval(count: records.count, random: &random)
    { indices in
      Correlation.spearman(indices.map { energies[$0] }, indices.map { probabilities[$0] })
    }
    return IntervalEstimate(Correlation.spearman(energies, probabilities), interval)
  }
}

extension AttentionAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable([
      "attention, %, of the \(target.rawValue) class", "energy on the object",
      "largest value on it", "rank accuracy",
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
          group.name.rawValue, "\(group.images)",
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
