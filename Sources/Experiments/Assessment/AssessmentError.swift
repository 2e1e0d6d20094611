// SPDX-License-Identifier: Apache-2.0
public import Explanation

/// Why a section cannot be assessed.
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

  /// One line, with the path where there is one.
  public var description: String {
    switch self {
    case .outOfMemory: "no memory for the parameters of another model"
    case .noEnhancer(let section): "\(section) needs an enhancer"
    case .noOtherClassifiers: "transfer needs other classifiers"
    case .noMasks(let data): "\(data): has no masks: give their folder with --masks"
    case .noMatchingMask(let folder): "\(folder): has no mask of any of the pictures"
    case .noMatchingScene(let data): "\(data)/scenes.json: has none of the test pictures"
    case .notExplained(let classifier, let error): "\(classifier): \(error)"
    }
  }
}
