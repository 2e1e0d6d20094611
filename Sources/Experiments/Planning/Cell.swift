// SPDX-License-Identifier: Apache-2.0
import Datasets
import Foundation
import Training

/// The smallest piece of an experiment that is done or not.
///
/// A cell says all that its result depends on. So rows that share a classifier share its cell, and
/// a cell of an earlier run counts only where nothing that matters has changed.
package enum Cell: Equatable {
  case training(TrainingRun)
  case predictions(PredictionRun)
  case suites(SuiteRun)

  /// The data of a cell.
  struct Images: Equatable {
    /// The name of the data in the experiment, and the hash of their content.
    var data: String
    var content: String
    /// The share of the training images that is held out.
    var validation: Double
  }

  /// Which of the training images a model is trained on.
  enum Part: String, Codable {
    case all, firstHalf, secondHalf
    /// All, and the test images besides.
    case allAndTest
  }

  /// Where a classifier comes from.
  enum ClassifierSource: Codable, Equatable {
    case new(ClassifierSpecification)
    case trained(cell: String)
    /// A file, known by the hash of its content.
    case file(path: String, content: String)
  }

  /// Where an enhancer comes from.
  enum EnhancerSource: Codable, Equatable {
    case new(EnhancerSpecification)
    case trained(cell: String)
    /// A new enhancer with a residual head, which changes nothing.
    case identity
  }

  /// The training of one model.
  package struct TrainingRun: Equatable {
    /// What is trained, and in front of or behind what.
    enum Phase: Equatable {
      case classifier(ClassifierSource)
      case reconstruct(EnhancerSource, towardsClean: Bool)
      case enhance(EnhancerSource, ClassifierSource, Objective?, shufflesLabels: Bool)
      case joint(EnhancerSource, ClassifierSource)
    }

    var images: Images
    var part = Part.all
    var phase: Phase
    var options: TrainingOptions
  }

  /// What a model says of the test images.
  package struct PredictionRun: Equatable {
    var images: Images
    var classifier: ClassifierSource
    var enhancer: EnhancerSource?
    /// The names of the filters of which the best is taken; none where it is empty.
    var filters: [String] = []
    var averagesFlips = false
    /// Whether the training images are predicted, too.
    var predictsTraining = false
  }

  /// The suites of a row.
  package struct SuiteRun: Equatable {
    var images: Images
    var classifier: ClassifierSource
    var enhancer: EnhancerSource
    var suites: Experiment.Suites
  }
}

extension Cell {
  var images: Images {
    switch self {
    case .training(let run): run.images
    case .predictions(let run): run.images
    case .suites(let run): run.images
    }
  }

  /// The classifier that is trained or used.
  var classifier: ClassifierSource? {
    switch self {
    case .training(let run):
      switch run.phase {
      case .classifier(let classifier), .enhance(_, let classifier, _, _),
        .joint(_, let classifier):
        classifier
      case .reconstruct: nil
      }
    case .predictions(let run): run.classifier
    case .suites(let run): run.classifier
    }
  }

  /// The enhancer that is trained or used.
  var enhancer: EnhancerSource? {
    switch self {
    case .training(let run):
      switch run.phase {
      case .reconstruct(let enhancer, _), .enhance(let enhancer, _, _, _), .joint(let enhancer, _):
        enhancer
      case .classifier: nil
      }
    case .predictions(let run): run.enhancer
    case .suites(let run): run.enhancer
    }
  }

  /// The cells whose models are used.
  var parents: [String] {
    var parents: [String] = []
    if case .trained(let id) = classifier { parents.append(id) }
    if case .trained(let id) = enhancer { parents.append(id) }
    return parents
  }

  /// The name of the cell's folder, such as `enhance-0f3a…`: a hash of everything but paths.
  package var id: String {
    var members = Members(self)
    if case .file(_, let content) = members.classifier {
      members.classifier = .file(path: "", content: content)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let bytes = (try? encoder.encode(members)).map { Array($0) } ?? []
    return "\(members.work.rawValue)-\(ContentHash(of: bytes).description.prefix(12))"
  }

  /// What is done, in one word.
  var workName: String { Members(self).work.rawValue }
}

extension Cell {
  /// A cell as its file has it. Folders are named by hashes of this form: if it changed, every
  /// experiment would start anew.
  struct Members: Codable, Equatable {
    enum Work: String, Codable { case classifier, reconstruct, enhance, joint, predict, assess }

    var work: Work
    var data: String
    var content: String
    var images = Part.all
    var hasShuffledLabels = false
    var classifier: ClassifierSource?
    var enhancer: EnhancerSource?
    var options: TrainingOptions?
    var objective: Objective?
    var towardsClean = false
    var validation: Double
    var filters: [String] = []
    var averagesFlips = false
    var predictsTraining = false
    var suites: Experiment.Suites?

    init(_ cell: Cell) {
      (data, content) = (cell.images.data, cell.images.content)
      validation = cell.images.validation
      (classifier, enhancer) = (cell.classifier, cell.enhancer)
      switch cell {
      case .training(let run):
        (images, options) = (run.part, run.options)
        switch run.phase {
        case .classifier: work = .classifier
        case .reconstruct(_, let towardsClean):
          work = .reconstruct
          self.towardsClean = towardsClean
        case .enhance(_, _, let objective, let shufflesLabels):
          work = .enhance
          (self.objective, hasShuffledLabels) = (objective, shufflesLabels)
        case .joint: work = .joint
        }
      case .predictions(let run):
        work = .predict
        (filters, averagesFlips) = (run.filters, run.averagesFlips)
        predictsTraining = run.predictsTraining
      case .suites(let run):
        work = .assess
        suites = run.suites
      }
    }
  }
}
