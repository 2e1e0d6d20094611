// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Explanation
import Foundation
public import Kernels
public import Network
import Quantization
public import Statistics
public import Training

/// The findings of `ocelli assess`, as in `assessment.json`. A section that was not asked for, or
/// does not apply, is `nil`.
///
/// Shares are in 0…1, differences of shares in -1…1; sizes of changes are those of images in
/// [0, 1]. Intervals are of 95 %. "Plain" pictures are as the data set has them, "enhanced" ones
/// went through the enhancer.
public struct Assessment: Codable, Sendable {
  /// What was assessed.
  public struct Subject: Codable, Equatable, Sendable {
    /// The classifier's file.
    public var classifier: String
    /// The enhancer's file.
    public var enhancer: String?
    /// Where the data set is.
    public var data: String
    /// How pictures were degraded first.
    public var degradation: String?
    /// How many test images there are.
    public var images: Int
    /// How many test images the slow sections use.
    public var sample: Int
    /// What random choices derive from.
    public var seed: UInt64
    /// Test images that are training images, too, where that was allowed.
    public var overlap: Int?

    /// What is assessed, in words.
    public init(
      classifier: String, enhancer: String?, data: String, degradation: String?, images: Int,
      sample: Int, seed: UInt64, overlap: Int?
    ) {
      (self.classifier, self.enhancer, self.data) = (classifier, enhancer, data)
      (self.degradation, self.images, self.sample) = (degradation, images, sample)
      (self.seed, self.overlap) = (seed, overlap)
    }
  }

  /// The calibration on plain pictures and on enhanced ones.
  public struct CalibrationPair: Codable, Equatable, Sendable {
    /// Of the plain pictures.
    public var plain: Calibration
    /// Of the enhanced pictures.
    public var enhanced: Calibration?

    /// The calibration without an enhancer, and with one.
    public init(plain: Calibration, enhanced: Calibration?) {
      (self.plain, self.enhanced) = (plain, enhanced)
    }
  }

  /// What was assessed.
  public var subject: Subject
  /// The gain, in all and class by class.
  public var accuracy: AccuracyAssessment?
  /// Whether the classifier is right as often as it says.
  public var calibration: CalibrationPair?
  /// Whether explanations show what the classifier uses.
  public var faithfulness: FaithfulnessAssessment?
  /// Whether an explanation changes when the classifier forgets.
  public var sanity: SanityAssessment?
  /// Of the true class and of the predicted one.
  public var attention: [AttentionAssessment]?
  /// How much the classifier leans on backgrounds.
  public var background: BackgroundAssessment?
  /// How much the enhancer changes, and how little of it would do.
  public var perturbation: PerturbationAssessment?
  /// Other changes of the same size, and attacks.
  public var adversarial: AdversarialAssessment?
  /// The gain of other classifiers.
  public var transfer: TransferAssessment?
  /// The accuracy under fifteen corruptions.
  public var corruption: CorruptionAssessment?

  /// An assessment that has answered nothing yet.
  public init(_ subject: Subject) { self.subject = subject }

  /// What `ocelli assess` calls the file.
  public static let fileName = "assessment.json"

  /// Reads what `ocelli assess` wrote.
  /// - Throws: `AssessmentError` when the file cannot be read, or is no assessment.
  public init(contentsOf path: String) throws(AssessmentError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path)
    }
    guard let assessment = try? JSONDecoder().decode(Self.self, from: data) else {
      throw .notAnAssessment(path: path)
    }
    self = assessment
  }
}

/// Why a section cannot be assessed, or an assessment not be read.
public enum AssessmentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Use a machine with more memory, or smaller models.
  case outOfMemory
  /// The section compares plain with enhanced pictures: give an enhancer.
  case noEnhancer(AssessmentSection)
  /// The section asks whether the gain carries over: give other classifiers.
  case noOtherClassifiers
  /// The data set has no masks of its objects: give a folder of them.
  case noMasks(data: String)
  /// The folder's masks are named after other pictures.
  case noMatchingMask(folder: String)
  /// The catalogue of scenes describes other pictures.
  case noMatchingScene(data: String)
  /// The classifier cannot be explained.
  case notExplained(classifier: String, ExplanationError)
  /// Check that the file exists and may be read.
  case unreadable(path: String)
  /// Name a file that `ocelli assess --output` has written.
  case notAnAssessment(path: String)

  /// One line, with the file's path where there is one.
  public var description: String {
    switch self {
    case .outOfMemory: "no memory for the parameters of another model"
    case .noEnhancer(let section): "\(section) needs an enhancer"
    case .noOtherClassifiers: "transfer needs other classifiers"
    case .noMasks(let data): "\(data): has no masks: give their folder with --masks"
    case .noMatchingMask(let folder): "\(folder): has no mask of any of the pictures"
    case .noMatchingScene(let data): "\(data)/scenes.json: has none of the test pictures"
    case .notExplained(let classifier, let error): "\(classifier): \(error)"
    case .unreadable(let path): "\(path): cannot be read: expected an assessment"
    case .notAnAssessment(let path): "\(path): is not what `ocelli assess --output` writes"
    }
  }
}

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
    public init(model: Model, inFloats: Model) { (self.model, self.inFloats) = (model, inFloats) }

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
