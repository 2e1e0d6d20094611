// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Kernels
public import Network
import Quantization
public import Training

/// Called with how much of a section is done.
public typealias AssessmentProgress = (_ done: Int, _ total: Int) -> Void

/// A classifier, perhaps with an enhancer in front, that is asked about pictures of floats.
public final class AssessedModel {
  /// A model as it runs, with float ends, and as the floats that it stands for, which have
  /// gradients: the same where it computes with floats.
  public struct Part {
    public var model: Model
    public var inFloats: Model

    public init(model: Model, inFloats: Model) {
      self.model = model
      self.inFloats = inFloats
    }

    /// Of a model of any format.
    /// - Throws: `GraphError` or `QuantizationError` when it has no form in floats;
    ///   `AssessmentError.outOfMemory`.
    public init(_ model: Model) throws {
      guard let ends = try model.withFloatEnds() else { throw AssessmentError.outOfMemory }
      self.init(model: ends, inFloats: try ends.fakeQuantized())
    }
  }

  public let classifier: Part
  public let enhancer: Part?
  public let pool: ThreadPool
  /// Images that run at once.
  public let batch: Int
  /// What all random choices derive from.
  public let seed: UInt64
  private let classifying: Evaluator
  private let enhancing: Evaluator?

  public init(
    classifier: Part, enhancer: Part?, batch: Int, seed: UInt64, _ pool: ThreadPool
  ) throws(TrainingError) {
    self.classifier = classifier
    self.enhancer = enhancer
    self.batch = batch
    self.seed = seed
    self.pool = pool
    classifying = try Evaluator(classifier.model, pool, batch: batch)
    enhancing = try enhancer.map { part throws(TrainingError) in
      try Evaluator(part.model, pool, batch: batch)
    }
  }

  /// What the classifier says of images as they are given.
  public func predictions(_ images: [[Float]], _ labels: [Int]) -> Predictions {
    classifying.predictions(for: images, labels: labels)
  }

  /// What the classifier says of a data set's images.
  public func predictions(
    for dataset: Dataset, progress: ((_ done: Int) -> Void)? = nil
  ) throws(TrainingError) -> Predictions {
    try classifying.predictions(for: dataset, progress: progress)
  }

  /// What the enhancer makes of images; `nil` without one.
  public func enhanced(_ images: [[Float]]) -> [[Float]]? { enhancing?.images(for: images) }

  /// The enhancer and the classifier as one; `nil` without an enhancer.
  public func combined() throws -> Model? { try combined(\.model) }

  /// The same in floats: gradients pass through both.
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
