// SPDX-License-Identifier: Apache-2.0
public import Statistics
import Foundation

/// What `ocelli assess` finds out, as it writes it to `assessment.json`. A section that was not
/// asked for, or that does not apply, is `nil`.
///
/// Shares are in 0…1, differences of shares in -1…1; sizes of changes are those of images in
/// [0, 1]. Intervals are of 95 %. "Plain" pictures are as the data set has them, "enhanced" ones
/// went through the enhancer.
public struct Assessment: Codable, Sendable {
  /// What was assessed.
  public struct Subject: Codable, Equatable, Sendable {
    public var classifier: String
    public var enhancer: String?
    public var data: String
    /// How pictures were degraded before all else.
    public var degradation: String?
    /// Test images, and how many of them the slow sections use.
    public var images: Int
    public var sample: Int
    public var seed: UInt64
    /// Test images that are training images, too, where that was allowed.
    public var overlap: Int?

    public init(
      classifier: String, enhancer: String?, data: String, degradation: String?, images: Int,
      sample: Int, seed: UInt64, overlap: Int?
    ) {
      (self.classifier, self.enhancer, self.data) = (classifier, enhancer, data)
      (self.degradation, self.images, self.sample) = (degradation, images, sample)
      (self.seed, self.overlap) = (seed, overlap)
    }
  }

  /// Plain, and enhanced where there is an enhancer.
  public struct CalibrationPair: Codable, Equatable, Sendable {
    public var plain: Calibration
    public var enhanced: Calibration?

    public init(plain: Calibration, enhanced: Calibration?) {
      (self.plain, self.enhanced) = (plain, enhanced)
    }
  }

  public var subject: Subject
  public var accuracy: AccuracyAssessment?
  public var calibration: CalibrationPair?
  public var faithfulness: FaithfulnessAssessment?
  public var sanity: SanityAssessment?
  /// Of the true class and of the predicted one.
  public var attention: [AttentionAssessment]?
  public var background: BackgroundAssessment?
  public var perturbation: PerturbationAssessment?
  public var adversarial: AdversarialAssessment?
  public var transfer: TransferAssessment?
  public var corruption: CorruptionAssessment?

  public init(_ subject: Subject) { self.subject = subject }
}

extension Assessment {
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
  /// Check that the file exists and may be read.
  case unreadable(path: String)
  /// Name a file that `ocelli assess --output` has written.
  case notAnAssessment(path: String)

  /// One line, with the file's path where there is one.
  public var description: String {
    switch self {
    case .outOfMemory: "no memory for the parameters of another model"
    case .unreadable(let path): "\(path): cannot be read: expected an assessment"
    case .notAnAssessment(let path): "\(path): is not what `ocelli assess --output` writes"
    }
  }
}
