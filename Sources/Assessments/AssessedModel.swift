// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Kernels
public import Network
import Quantization
public import Statistics
public import Training

/// Called with how much of a section is done.
public typealias AssessmentProgress = (_ done: Int, _ total: Int) -> Void

/// A classifier, with or without an enhancer in front of it.
public final class AssessedModel {
  /// A model in the two forms that assessments need.
  public struct Part {
    /// The model, with floats at its ends.
    public var model: Model
    /// The floats that it stands for, which gradients pass.
    public var inFloats: Model

    /// A model in both forms; one that computes with floats is its own second.
    public init(model: Model, inFloats: Model) {
      (self.model, self.inFloats) = (model, inFloats)
    }

    /// Of a model of any format.
    /// - Throws: `GraphError` or `QuantizationError` when it has no form in floats;
    ///   `AssessmentError.outOfMemory`.
    public init(_ model: Model) throws {
      guard let ends = try model.withFloatEnds() else { throw AssessmentError.outOfMemory }
      self.init(model: ends, inFloats: try ends.fakeQuantized())
    }
  }

  package let classifier: Part
  package let enhancer: Part?
  package let pool: ThreadPool
  /// Images that run at once.
  public let batch: Int
  /// What all random choices derive from.
  public let seed: UInt64
  private let classifying: Evaluator
  private let enhancing: Evaluator?

  /// Runs `batch` images at once on `pool`; random choices derive from `seed`.
  ///
  /// - Throws: `TrainingError.outOfMemory`.
  public init(
    classifier: Part, enhancer: Part?, batch: Int, seed: UInt64, _ pool: ThreadPool
  ) throws(TrainingError) {
    (self.classifier, self.enhancer, self.batch, self.seed) = (classifier, enhancer, batch, seed)
    self.pool = pool
    classifying = try Evaluator(classifier.model, pool, batch: batch)
    enhancing = try enhancer.map { part throws(TrainingError) in
      try Evaluator(part.model, pool, batch: batch)
    }
  }

  /// The classifier's predictions for images, without the enhancer.
  public func predictions(_ images: [[Float]], _ labels: [Int]) -> Predictions {
    classifying.predictions(for: images, labels: labels)
  }

  /// The classifier's predictions for a data set, without the enhancer.
  public func predictions(
    for dataset: Dataset, progress: ((_ done: Int) -> Void)? = nil
  ) throws(TrainingError) -> Predictions {
    try classifying.predictions(for: dataset, progress: progress)
  }

  /// The enhanced images; `nil` without an enhancer.
  public func enhanced(_ images: [[Float]]) -> [[Float]]? { enhancing?.images(for: images) }

  /// The enhancer and the classifier as one; `nil` without an enhancer.
  public func combined() throws -> Model? { try combined(\.model) }

  /// The same in floats, so that gradients pass through both.
  func combinedInFloats() throws -> Model? { try combined(\.inFloats) }

  private func combined(_ kind: KeyPath<Part, Model>) throws -> Model? {
    guard let enhancer else { return nil }
    guard
      let model = try Model.composed(
        enhancer: enhancer[keyPath: kind], classifier: classifier[keyPath: kind])
    else { throw AssessmentError.outOfMemory }
    return model
  }
}

/// Labelled images in floats, plain and enhanced, with the classifier's predictions for both.
public struct AssessedImages {
  package let shape: Shape
  package let labels: [Int]
  package let plain: [[Float]]
  package let enhanced: [[Float]]?
  package let predictions: Predictions
  package let enhancedPredictions: Predictions?

  /// The number of images.
  public var count: Int { labels.count }

  /// Runs the model on all images of a data set.
  public init(_ dataset: Dataset, _ model: AssessedModel) {
    shape = Shape(height: dataset.height, width: dataset.width, channels: 3)
    labels = dataset.labels.map(Int.init)
    plain = (0..<dataset.count).map(dataset.floats(at:))
    enhanced = model.enhanced(plain)
    predictions = model.predictions(plain, labels)
    let labels = labels
    enhancedPredictions = enhanced.map { model.predictions($0, labels) }
  }

  /// Without and with the enhancer.
  public enum State: String, Codable, Sendable { case plain, enhanced }

  /// The plain and, where there is an enhancer, the enhanced images with their predictions.
  var states: [(state: State, images: [[Float]], predictions: Predictions)] {
    var states = [(State.plain, plain, predictions)]
    if let enhanced, let enhancedPredictions {
      states.append((.enhanced, enhanced, enhancedPredictions))
    }
    return states
  }
}

extension Calibration {
  /// - Precondition: there are predictions.
  public init(_ predictions: Predictions, binCount: Int = 15) {
    self.init(
      isRight: zip(predictions.labels, predictions.classes).map { $0 == $1 },
      confidences: predictions.confidences, squaredErrors: predictions.squaredErrors,
      losses: predictions.losses, binCount: binCount)
  }
}
