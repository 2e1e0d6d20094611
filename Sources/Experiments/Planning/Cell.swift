// SPDX-License-Identifier: Apache-2.0
import Assessments
package import Datasets
import Foundation
import Interchange
package import Network
import Platform
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

/// The result of a cell. A cell is done when its folder has this file.
struct CellRecord: Codable, Equatable {
  var cell: Cell.Members
  /// Images trained on, in all epochs.
  var samples = 0
  /// Multiply-accumulates of training.
  var multiplyAccumulates = 0.0
  /// The epoch that was kept, from 1.
  var bestEpoch: Int?
  /// Accuracy, or the squared error of `reconstruct`, on the images held out.
  var validation: [Double] = []
  /// The filter that C3 chose.
  var filter: String?
  /// What the suites found.
  var background: BackgroundAssessment?
  var corruption: CorruptionAssessment?
}

/// How long a cell has taken, over all runs.
struct CellTime: Codable, Equatable {
  /// Elapsed time.
  var seconds = 0.0
  /// CPU time of all threads, which other programs barely affect.
  var cpuSeconds = 0.0
}

/// The folder of a cell: a training run, or predictions; the record; the time.
struct CellFolder {
  let path: String

  init(_ root: String, _ id: String) { path = root + "/cells/" + id }

  var modelPath: String { path + "/best.safetensors" }
  var predictionsPath: String { path + "/predictions.safetensors" }
  private var recordPath: String { path + "/cell.json" }
  private var timePath: String { path + "/time.json" }

  /// `nil` while the cell is not done.
  var record: CellRecord? { Self.read(recordPath) }
  var time: CellTime { Self.read(timePath) ?? CellTime() }

  func create() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func write(_ record: CellRecord) throws { try Self.write(record, to: recordPath) }
  func write(_ time: CellTime) throws { try Self.write(time, to: timePath) }

  /// Removes the checkpoint, which only an unfinished run needs.
  func removeCheckpoint() {
    try? FileManager.default.removeItem(atPath: path + "/last.safetensors")
  }

  static func read<Value: Decodable>(_ path: String) -> Value? {
    FileManager.default.contents(atPath: path).flatMap {
      try? JSONDecoder().decode(Value.self, from: $0)
    }
  }

  static func write(_ value: some Encodable, to path: String) throws {
    try AtomicFile.write(Array((try value.json() + "\n").utf8), to: path)
  }
}

/// Measures the time of a cell while it runs.
final class CellClock {
  private let folder: CellFolder
  private let earlier: CellTime
  private let start = (MonotonicClock.seconds, CellClock.cpuSeconds)

  init(_ folder: CellFolder) { (self.folder, earlier) = (folder, folder.time) }

  /// Writes what has passed so far.
  func save() throws {
    try folder.write(
      CellTime(
        seconds: earlier.seconds + MonotonicClock.seconds - start.0,
        cpuSeconds: earlier.cpuSeconds + Self.cpuSeconds - start.1))
  }

  /// Of this process.
  private static var cpuSeconds: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}

/// Facts about the images that results were measured on.
package struct DataFacts: Codable, Equatable, Sendable {
  /// Images in the training part, including those held out.
  package var training: Int
  package var test: Int
  package var height: Int
  package var width: Int
  package var classes: [String]
  /// Test images that are training images, too, before both are reduced.
  package var overlap: Int
  /// A hash of all images and labels, 32 hexadecimal digits.
  package var content: String

  package init(_ parts: DataSpecification.Parts) {
    (training, test) = (parts.training.count, parts.test.count)
    (height, width) = (parts.training.height, parts.training.width)
    classes = parts.training.classNames
    overlap = parts.overlapCount
    let hashes = [parts.training, parts.test, parts.cleanTraining, parts.cleanTest].map {
      $0?.contentHash.description ?? ""
    }
    content = ContentHash(of: Array(hashes.joined(separator: " ").utf8)).description
  }
}

/// Reads the model files that an experiment names.
package final class ModelFiles {
  /// A model with floats at its ends, from a file of any format.
  package let load: (_ path: String) throws -> Model
  private var graphs: [String: Graph] = [:]
  private var contents: [String: String] = [:]

  package init(load: @escaping (_ path: String) throws -> Model) { self.load = load }

  /// The graph of a file's model, which is read once.
  func graph(of path: String) throws -> Graph {
    if let graph = graphs[path] { return graph }
    let graph = try load(path).graph
    graphs[path] = graph
    return graph
  }

  /// A hash of the file's bytes, which are read once.
  func content(of path: String) throws -> String {
    if let content = contents[path] { return content }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ExperimentError("\(path): cannot be read: expected a classifier")
    }
    let content = ContentHash(of: Array(data)).description
    contents[path] = content
    return content
  }
}
