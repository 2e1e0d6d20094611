// SPDX-License-Identifier: Apache-2.0
public import Explanation
import Foundation
import Imaging
import Network
package import Reporting
public import Statistics
import Text
import Training

/// How an explanation changes when layers are randomised, from the scores down (Adebayo et al.,
/// 2018). A map that stays the same does not show what was learnt.
public struct SanityAssessment: Codable, Equatable, Sendable {
  /// The classifier with some layers drawn anew.
  public struct Stage: Codable, Equatable, Sendable {
    /// The first of the layers that are randomised.
    public let layer: String
    /// Spearman's rank correlation of the maps with those of the whole classifier; the mean over
    /// images.
    public let rankCorrelation: IntervalEstimate?
  }

  /// The explanation's name.
  public let method: String
  /// The number of images, at most 16.
  public let images: Int
  /// From the scores down to the first layer.
  public let stages: [Stage]

  /// Explains the first of `images` once more for each stage.
  public init(
    _ model: AssessedModel, _ images: AssessedImages, method: ExplanationMethod,
    _ options: Explainer.Options, progress: AssessmentProgress
  ) throws {
    let classifier = model.classifier.inFloats
    let count = min(16, images.count)
    let randomization = try ParameterRandomization(classifier, seed: model.seed)
    func maps(of randomized: Int) throws -> [[Double]] {
      let explainer = try Explainer(
        try randomization.model(randomizing: randomized), by: method, options, batch: model.batch,
        model.pool)
      return try (0..<count).map { index in
        try explainer.explanation(
          of: images.plain[index], class: images.predictions.classes[index]
        ).map.values.map { Double($0) }
      }
    }
    let whole = try maps(of: 0)
    self.method = method.name
    self.images = count
    let total = randomization.nodes.count
    stages = try randomization.nodes.enumerated().map { index, node in
      let correlations = zip(whole, try maps(of: index + 1)).map(Correlation.spearman)
      progress(index + 1, total)
      return Stage(
        layer: classifier.graph.nodes[node].name,
        rankCorrelation: IntervalEstimate(meanOf: correlations, seed: model.seed))
    }
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
