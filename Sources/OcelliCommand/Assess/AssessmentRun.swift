// SPDX-License-Identifier: Apache-2.0
import Datasets
import Experiments
import Explanation
import Foundation
import Imaging
import Network
import Training

/// The sections, answered one after the other.
struct AssessmentRun {
  private(set) var assessment: Assessment
  private let model: AssessedModel
  private let dataset: Dataset
  private let sample: Dataset
  private let command: AssessCommand
  private let scenes: SceneFolder?
  private let options: Explainer.Options
  /// Of the whole test set; of the sample.
  private var predictions: (plain: Predictions, enhanced: Predictions?)?
  private var sampled: AssessedImages?

  init(
    _ model: AssessedModel, _ dataset: Dataset, _ sample: Dataset, _ command: AssessCommand,
    _ subject: Assessment.Subject
  ) throws {
    assessment = Assessment(subject)
    self.model = model
    self.dataset = dataset
    self.sample = sample
    self.command = command
    scenes = try SceneFolder(command.data.data)
    var options = Explainer.Options()
    (options.layer, options.seed) = (command.layer, command.seed)
    self.options = options
  }

  private var maskFolder: String? {
    command.masks ?? (scenes == nil ? nil : command.data.data + "/masks")
  }

  /// Whether a section can be answered.
  func applies(_ section: AssessmentSection) -> Bool {
    switch section {
    case .accuracy, .calibration, .faithfulness, .sanity: true
    case .attention: maskFolder != nil
    case .background: scenes != nil
    }
  }

  mutating func answer(_ section: AssessmentSection) throws {
    let status = StatusLine()
    defer { status.clear() }
    let start = MonotonicClock.seconds
    let progress = { (done: Int, total: Int) in
      let left = (MonotonicClock.seconds - start) / Double(done) * Double(total - done)
      status.show("\(section): \(done) of \(total), \(Duration.text(left)) left")
    }
    switch section {
    case .accuracy:
      let (plain, enhanced) = try predictions(progress)
      assessment.accuracy = AccuracyAssessment(
        plain: plain, enhanced: enhanced, classNames: dataset.classNames, seed: command.seed)
    case .calibration:
      let (plain, enhanced) = try predictions(progress)
      assessment.calibration = .init(
        plain: Calibration(plain), enhanced: enhanced.map { Calibration($0) })
    case .faithfulness:
      assessment.faithfulness = try explaining {
        try FaithfulnessAssessment(
          model, try probed(), methods: command.method, options, progress: progress)
      }
    case .sanity:
      assessment.sanity = try explaining {
        try SanityAssessment(
          model, try probed(), method: command.method[0], options, progress: progress)
      }
    case .attention:
      let (images, masks) = (images(), try masks())
      assessment.attention = try explaining {
        try AttentionAssessment.Target.allCases.map { target in
          try AttentionAssessment(
            model, images, masks: masks, of: target, method: command.method[0], options,
            progress: progress)
        }
      }
    case .background: assessment.background = try background(progress)
    }
  }

  private func explaining<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as ExplanationError {
      throw CommandError("\(command.classifier): \(error)")
    }
  }

  private mutating func predictions(
    _ progress: @escaping AssessmentProgress
  ) throws -> (plain: Predictions, enhanced: Predictions?) {
    if let predictions { return predictions }
    let count = dataset.count
    let total = count * (model.enhancer == nil ? 1 : 2)
    let plain = try Evaluator(model.classifier.model, model.pool, batch: model.batch)
      .predictions(for: dataset) { progress($0, total) }
    let enhanced = try model.combined().map { combined in
      try Evaluator(combined, model.pool, batch: model.batch)
        .predictions(for: dataset) { progress(count + $0, total) }
    }
    predictions = (plain, enhanced)
    return (plain, enhanced)
  }

  private mutating func images() -> AssessedImages {
    if let sampled { return sampled }
    let images = AssessedImages(sample, model)
    sampled = images
    return images
  }

  /// The images whose explanations are probed.
  private func probed() throws -> AssessedImages {
    AssessedImages(
      command.explained < sample.count
        ? try sample.split(counts: [command.explained], seed: command.seed)[0] : sample, model)
  }

  private func masks() throws -> [Mask?] {
    guard let maskFolder else {
      throw CommandError("\(command.data.data): has no masks: give their folder with --masks")
    }
    let folder = PictureMasks(maskFolder)
    let masks = try sample.sourceNames.map {
      try folder.mask(of: $0, width: sample.width, height: sample.height)
    }
    guard masks.contains(where: { $0 != nil }) else {
      throw CommandError("\(maskFolder): has no mask of any of the pictures")
    }
    return masks
  }

  private func background(_ progress: AssessmentProgress) throws -> BackgroundAssessment {
    guard let scenes else {
      throw CommandError(
        "\(command.data.data): has no scenes.json: backgrounds are told apart in folders that "
          + "`ocelli dataset scenes` wrote")
    }
    let pictures = sample.subset(scenes.indices(in: sample))
    guard pictures.count > 0 else {
      throw CommandError("\(command.data.data)/scenes.json: has none of the test pictures")
    }
    let degradation = try command.data.images.degrade.map { try Degradation(parsing: $0) }
    let seed = command.data.images.dataSeed &+ 1
    return try BackgroundAssessment(
      model, pictures, scenes,
      degrade: { dataset in
        try degradation.map { try dataset.degraded(by: $0, seed: seed) } ?? dataset
      }, progress: progress)
  }
}
