// SPDX-License-Identifier: Apache-2.0
public import Explanation
import Foundation
public import Statistics

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
}

extension Assessment {
  /// What `ocelli assess` calls the file.
  public static let fileName = "assessment.json"

  /// Reads what `ocelli assess` wrote.
  ///
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
