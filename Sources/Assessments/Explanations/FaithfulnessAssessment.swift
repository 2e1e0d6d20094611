// SPDX-License-Identifier: Apache-2.0
public import Explanation
import Foundation
import Imaging
import Kernels
import Network
package import Reporting
public import Statistics
import Text
import Training

/// Whether explanations show what the classifier uses: of the predicted class, as means over
/// pictures whose map is not empty.
public struct FaithfulnessAssessment: Codable, Equatable, Sendable {
  /// One method on plain or on enhanced pictures.
  public struct Row: Codable, Equatable, Sendable {
    /// The explanation's name.
    public let method: String
    /// The pictures that are explained.
    public let pictures: AssessedImages.State
    /// Pictures whose map is not empty; all figures are of these.
    public let images: Int
    /// Pictures left out because nothing in their map speaks for the class.
    public let empty: Int
    /// The area below the curve of deletion; less is better.
    public let deletion: IntervalEstimate?
    /// The same when pixels are deleted in a random order.
    public let randomDeletion: IntervalEstimate?
    /// The area below the curve of insertion; more is better.
    public let insertion: IntervalEstimate?
    /// The same when pixels are inserted in a random order.
    public let randomInsertion: IntervalEstimate?
    /// The mean share of its probability that a class loses when the picture is multiplied with the
    /// map.
    public let averageDrop: IntervalEstimate?
    /// The share of the pictures whose class gains by that.
    public let increase: IntervalEstimate
    /// ROAD: above 0 where the most relevant pixels matter more than the least relevant ones.
    public let removeAndDebias: IntervalEstimate?
  }

  /// Methods in the order in which they were given.
  public let rows: [Row]

  /// Explains all of `images`, which `model` has classified, by each method.
  public init(
    _ model: AssessedModel, _ images: AssessedImages, methods: [ExplanationMethod],
    _ options: Explainer.Options, progress: AssessmentProgress
  ) throws {
    let probe = try FaithfulnessProbe(model.classifier.inFloats, batch: model.batch, model.pool)
    let states = images.states
    var rows: [Row] = []
    for method in methods {
      let explainer = try Explainer(
        model.classifier.inFloats, by: method, options, batch: model.batch, model.pool)
      for state in states {
        var scores = FaithfulnessScores(shape: images.shape)
        for index in 0..<images.count {
          try scores.add(
            state.images[index], class: state.predictions.classes[index], explainer, probe,
            seed: RandomGenerator(seed: model.seed, stream: UInt64(index)).state)
          progress(
            rows.count * images.count + index + 1, methods.count * states.count * images.count)
        }
        rows.append(scores.row(method: method.name, pictures: state.state, seed: model.seed))
      }
    }
    self.rows = rows
  }
}

/// One number an image.
private struct FaithfulnessScores {
  let shape: Shape
  private var empty = 0
  private var deletion: [Double] = []
  private var randomDeletion: [Double] = []
  private var insertion: [Double] = []
  private var randomInsertion: [Double] = []
  private var changes: [ConfidenceChange] = []
  private var road: [Double] = []

  init(shape: Shape) { self.shape = shape }

  mutating func add(
    _ image: [Float], class target: Int, _ explainer: Explainer, _ probe: FaithfulnessProbe,
    seed: UInt64
  ) throws {
    let explanation = try explainer.explanation(of: image, class: target)
    guard !explanation.isEmpty else {
      empty += 1
      return
    }
    let map =
      explanation.map.width == shape.width && explanation.map.height == shape.height
      ? explanation.map : explanation.map.resized(width: shape.width, height: shape.height)
    let ranking = PixelRanking(map, seed: seed)
    let random = PixelRanking(random: map.values.count, seed: seed &+ 1)
    deletion.append(probe.deletion(image, ranking, class: target).area)
    randomDeletion.append(probe.deletion(image, random, class: target).area)
    insertion.append(probe.insertion(image, ranking, class: target).area)
    randomInsertion.append(probe.insertion(image, random, class: target).area)
    changes.append(probe.confidenceChange(image, map, class: target))
    road.append(probe.removeAndDebias(image, ranking, class: target, seed: seed))
  }

  func row(
    method: String, pictures: AssessedImages.State, seed: UInt64
  ) -> FaithfulnessAssessment.Row {
    func mean(_ values: [Double]) -> IntervalEstimate? {
      IntervalEstimate(meanOf: values, seed: seed)
    }
    return .init(
      method: method, pictures: pictures, images: deletion.count, empty: empty,
      deletion: mean(deletion), randomDeletion: mean(randomDeletion), insertion: mean(insertion),
      randomInsertion: mean(randomInsertion), averageDrop: mean(changes.map(\.drop)),
      increase: IntervalEstimate(share: changes.count { $0.isIncrease }, of: changes.count),
      removeAndDebias: mean(road))
  }
}

extension FaithfulnessAssessment {
  package var blocks: [FigureBlock] {
    var table = TextTable([
      "faithfulness", "images", "empty", "deletion ↓", "of a random order", "insertion ↑",
      "of a random order", "average drop, % ↓", "increase, % ↑", "ROAD ↑",
    ])
    for row in rows {
      table.add([
        "\(row.method), \(row.pictures.rawValue)", "\(row.images)", "\(row.empty)",
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
        try explainer.explanation(of: images.plain[index], class: images.predictions.classes[index])
          .map.values.map { Double($0) }
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
