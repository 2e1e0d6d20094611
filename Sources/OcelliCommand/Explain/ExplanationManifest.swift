// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging

/// What `ocelli explain` wrote.
struct ExplanationManifest: Encodable {
  struct Prediction: Encodable {
    var label: String
    var probability: Float
    /// Of the class that is explained.
    var targetProbability: Float

    init(_ view: ExplainedPicture.View, _ labels: [String], _ target: Int) {
      label = labels[view.predicted]
      probability = view.probabilities[view.predicted]
      targetProbability = view.probabilities[target]
    }
  }

  struct Map: Encodable {
    /// `plain` or `enhanced`: the picture that it is of.
    var picture: String
    var method: String
    var file: String
    var minimum: Float
    var maximum: Float
    /// Nothing speaks for the class.
    var isEmpty: Bool
    /// LIME's R².
    var determination: Double?

    init(_ map: ExplainedPicture.Map, state: String, file: String) {
      picture = state
      method = map.method.name
      self.file = file
      minimum = map.explanation.map.values.min() ?? 0
      maximum = map.explanation.map.values.max() ?? 0
      isEmpty = map.explanation.isEmpty
      determination = map.explanation.determination
    }
  }

  /// How far the enhanced picture is from the plain one; numbers of [0, 1].
  struct Change: Encodable {
    /// The shares of the power above a quarter period a pixel.
    struct FineDetail: Encodable {
      var plain: Double
      var enhanced: Double
      var difference: Double
    }

    var largest: Float
    var norm: Double
    var mean: Double
    /// In decibels; left out where nothing changed.
    var peakSignalToNoise: Double?
    var structuralSimilarity: Double
    var fineDetail: FineDetail
    var panel: String
    /// The signed differences, and the power of their spectrum.
    var files: [String: String]

    init(_ change: PictureChange, panel: String, files: [String: String]) {
      let comparison = change.comparison
      largest = comparison.largest
      norm = comparison.norm
      mean = comparison.mean
      peakSignalToNoise =
        comparison.peakSignalToNoise.isFinite ? comparison.peakSignalToNoise : nil
      structuralSimilarity = comparison.structuralSimilarity
      fineDetail = FineDetail(
        plain: change.before.share(), enhanced: change.after.share(),
        difference: change.difference.share())
      self.panel = panel
      self.files = files
    }
  }

  struct Picture: Encodable {
    var picture: String
    var panel: String
    var target: String
    var plain: Prediction
    var enhanced: Prediction?
    var change: Change?
    var maps: [Map] = []

    init(_ explained: ExplainedPicture, _ name: String, _ panel: String, _ labels: [String]) {
      picture = name
      self.panel = panel
      target = labels[explained.target]
      plain = Prediction(explained.plain, labels, explained.target)
      enhanced = explained.enhanced.map { Prediction($0, labels, explained.target) }
    }

    /// For people.
    var line: String {
      func text(_ prediction: Prediction) -> String {
        "\(prediction.label) \(percent(Double(prediction.probability)))"
      }
      var line = "\(picture): \(text(plain))"
      if let enhanced { line += ", enhanced \(text(enhanced))" }
      if let change {
        line += String(
          format: " (changed by up to %.0f of 255, SSIM %.2f)", change.largest * 255,
          change.structuralSimilarity)
      }
      let empty = maps.filter(\.isEmpty).map { "\($0.method) of the \($0.picture) picture" }
      if !empty.isEmpty { line += "; no positive evidence: \(empty.joined(separator: ", "))" }
      return line + " → \(panel)"
    }
  }

  var classifier: String
  var enhancer: String?
  /// The layer of class activation maps.
  var layer: String?
  var pictures: [Picture]
}
