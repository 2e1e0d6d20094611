// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Training

/// The smallest piece of an experiment that is done or not: the training of one model, its
/// predictions, or its suites.
///
/// A cell says all that its result depends on: so rows that share a classifier share its cell, and
/// a cell of an earlier run counts only where nothing that matters has changed.
struct Cell: Codable, Equatable {
  enum Work: String, Codable { case classifier, reconstruct, enhance, joint, predict, assess }

  /// Which of the training images.
  enum Images: String, Codable {
    case all, firstHalf, secondHalf
    /// Those, and the test images.
    case allAndTest
  }

  /// Where a model comes from.
  enum Source<Specification: Codable & Equatable>: Codable, Equatable {
    case new(Specification)
    /// What another cell has trained.
    case trained(cell: String)
    /// A file, known by its content.
    case file(path: String, content: String)
    /// A new enhancer with a residual head, which is the identity.
    case identity
  }

  var work: Work
  /// The name of the data in the experiment, and the hash of their content.
  var data: String
  var content: String
  var images = Images.all
  var hasShuffledLabels = false
  var classifier: Source<ClassifierSpecification>?
  var enhancer: Source<EnhancerSpecification>?
  var options: TrainingOptions?
  /// Of `enhance`.
  var objective: Objective?
  var towardsClean = false
  var validation: Double
  /// Of `predict`: those of which the best is taken, by their descriptions.
  var filters: [String] = []
  var averagesFlips = false
  var predictsTraining = false
  /// Of `assess`.
  var suites: Experiment.Suites?

  /// Such as `enhance-0f3a…`: of everything but paths.
  var id: String {
    var cell = self
    if case .file(_, let content) = classifier {
      cell.classifier = .file(path: "", content: content)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let bytes = (try? encoder.encode(cell)).map { Array($0) } ?? []
    return "\(work.rawValue)-\(ContentHash(of: bytes).description.prefix(12))"
  }
}
