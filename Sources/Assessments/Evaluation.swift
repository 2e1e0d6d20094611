// SPDX-License-Identifier: Apache-2.0
public import Datasets
import Foundation
import Interchange
public import Kernels
public import Network
public import Statistics
import Text
public import Training

/// How well a classifier does on one part of a data set, alone and behind an enhancer.
public struct Evaluation {
  /// What the images are called, such as "test".
  public let part: String
  /// What the classifier says of the images as they are.
  public let alone: Predictions
  /// What it says of the enhanced images, where there is an enhancer.
  public let combined: Predictions?
  /// The names of the classes.
  package let labels: [String]
  /// Images of the test part that the training part has, too.
  private let overlapCount: Int
  /// What the enhancer brings, image by image, where there is one.
  public let gain: PairedGain?

  /// Runs a classifier over images, and once more behind an enhancer where there is one.
  /// - Parameters:
  ///   - classifier: Of any format.
  ///   - batch: Images that run at once.
  ///   - seed: Of the bootstrap that gives the gain's interval.
  /// - Throws: `GraphError` when the models do not fit together, `TrainingError`, or
  ///   `AssessmentError.outOfMemory`.
  public init(
    _ classifier: Model, enhancer: Model? = nil, on images: Dataset, part: String = "test",
    batch: Int = 64, seed: UInt64 = 1, _ pool: ThreadPool
  ) throws {
    func predictions(_ model: Model?) throws -> Predictions {
      guard let model else { throw AssessmentError.outOfMemory }
      return try Evaluator(model, pool, batch: min(batch, images.count)).predictions(for: images)
    }
    guard let alone = try classifier.withFloatEnds() else { throw AssessmentError.outOfMemory }
    let combined = try enhancer.map { enhancer in
      guard let front = try enhancer.withFloatEnds() else { throw AssessmentError.outOfMemory }
      return try predictions(try Model.composed(enhancer: front, classifier: alone))
    }
    self.init(
      part: part, alone: try predictions(alone), combined: combined, labels: images.classNames,
      seed: seed)
  }

  package init(
    part: String, alone: Predictions, combined: Predictions?, labels: [String], seed: UInt64,
    overlapCount: Int = 0
  ) {
    (self.part, self.alone, self.combined, self.labels) = (part, alone, combined, labels)
    self.overlapCount = overlapCount
    gain = combined.map {
      PairedGain(before: alone.classes, after: $0.classes, labels: alone.labels, seed: seed)
    }
  }

  private func interval(_ predictions: Predictions) -> Interval {
    let right = zip(predictions.labels, predictions.classes).filter { $0 == $1 }.count
    return .wilson(right, of: predictions.labels.count)
  }

  /// A line for each evaluation, for people.
  package static func table(_ rows: [Evaluation]) -> String {
    var table = TextTable(
      rows[0].combined == nil
        ? ["", "images", "accuracy", "95 % interval", "loss"]
        : ["", "images", "classifier alone", "enhanced"] + PairedGain.headings)
    for row in rows { table.add(row.combined == nil ? row.aloneCells : row.pairedCells) }
    return table.description
  }

  private var aloneCells: [String] {
    [
      part, "\(alone.labels.count)", alone.accuracy.percent, text(interval(alone)),
      String(format: "%.4f", alone.meanLoss),
    ]
  }

  private var pairedCells: [String] {
    guard let combined, let gain else { return aloneCells }
    return [
      part, "\(alone.labels.count)", "\(alone.accuracy.percent) (\(text(interval(alone))))",
      "\(combined.accuracy.percent) (\(text(interval(combined))))",
    ] + gain.cells
  }

  private func text(_ interval: Interval) -> String {
    String(format: "%.1f to %.1f", interval.lower * 100, interval.upper * 100)
  }

  /// Of the enhanced images where there is an enhancer.
  private var confusion: ConfusionMatrix {
    let shown = combined ?? alone
    return ConfusionMatrix(
      labels: shown.labels, predictions: shown.classes, classCount: labels.count)
  }

  /// The confusion matrix, none as a dot, and each class's figures.
  package func perClassTable() -> String {
    let matrix = confusion
    var confusion = TextTable(["\(part): true \\ predicted"] + labels)
    for (index, label) in labels.enumerated() {
      confusion.add(
        [label]
          + labels.indices.map { column in
            let count = matrix[label: index, prediction: column]
            return count == 0 ? "·" : "\(count)"
          })
    }
    var scores = TextTable(["class", "images", "precision", "recall", "F1"])
    for (index, label) in labels.enumerated() {
      let score = matrix.score(ofClass: index)
      let figures = [score.precision, score.recall, score.f1]
      scores.add([label, "\(score.support)"] + figures.map { $0?.percent ?? "none" })
    }
    return confusion.description + "\n\n" + scores.description
  }

  private struct Document: Encodable {
    struct Accuracy: Encodable {
      var accuracy: Double
      var lower: Double
      var upper: Double
      var loss: Double
    }
    struct ClassScore: Encodable {
      var name: String
      var images: Int
      /// `nil` when no image is taken for one of this class.
      var precision: Double?
      var recall: Double?
      var f1: Double?
    }
    var part: String
    var images: Int
    /// Where --allow-overlap let test images be training images, too: how many are.
    var overlap: Int?
    var classifier: Accuracy
    var combined: Accuracy?
    var gain: Double?
    var gainLower: Double?
    var gainUpper: Double?
    var fixed: Int?
    var broken: Int?
    var mcNemarP: Double?
    /// Of the enhanced images where there is an enhancer.
    var classes: [ClassScore]?
    /// A row a true class, a column a predicted one.
    var confusion: [[Int]]?
  }

  /// An array of an object for each evaluation.
  package static func json(_ rows: [Evaluation], perClass: Bool) throws -> String {
    let documents = rows.map { row in
      func accuracy(_ predictions: Predictions) -> Document.Accuracy {
        let interval = row.interval(predictions)
        return Document.Accuracy(
          accuracy: predictions.accuracy, lower: interval.lower, upper: interval.upper,
          loss: predictions.meanLoss)
      }
      var document = Document(
        part: row.part, images: row.alone.labels.count,
        overlap: row.overlapCount > 0 ? row.overlapCount : nil, classifier: accuracy(row.alone),
        combined: row.combined.map(accuracy), gain: row.gain?.difference.value,
        gainLower: row.gain?.difference.lower, gainUpper: row.gain?.difference.upper,
        fixed: row.gain?.fixed, broken: row.gain?.broken, mcNemarP: row.gain?.pValue)
      if perClass { row.addClasses(to: &document) }
      return document
    }
    return try documents.json()
  }

  private func addClasses(to document: inout Document) {
    document.classes = labels.enumerated().map { index, label in
      let score = confusion.score(ofClass: index)
      return Document.ClassScore(
        name: label, images: score.support, precision: score.precision, recall: score.recall,
        f1: score.f1)
    }
    document.confusion = labels.indices.map { label in
      labels.indices.map { confusion[label: label, prediction: $0] }
    }
  }
}
