// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Assessments
import Datasets
import Experiments
import Explanation
import Foundation
import Imaging
import Network
import Platform
import SharedCommands
import Statistics
import Training

/// The sections, answered one after the other.
struct AssessmentRun {
  private(set) var assessment: Assessment
  private let model: AssessedModel
  private let dataset: Dataset
  private let sample: Dataset
  /// The sample before it was degraded.
  private let cleanSample: Dataset
  private let command: AssessCommand
  private let scenes: SceneCatalog?
  private let options: Explainer.Options
  /// Of the whole test set; of the sample.
  private var predictions: (plain: Predictions, enhanced: Predictions?)?
  private var sampled: AssessedImages?
  /// Of the part of the sample whose explanations are probed.
  private var fewer: AssessedImages?
  /// Pictures of the sample whose backgrounds can be changed, and what changes them.
  private var backgrounds: (pictures: Dataset, source: any BackgroundSource)?

  init(
    _ model: AssessedModel, _ dataset: Dataset, _ sample: (degraded: Dataset, clean: Dataset),
    _ command: AssessCommand, _ subject: Assessment.Subject
  ) throws {
    assessment = Assessment(subject)
    self.model = model
    self.dataset = dataset
    (self.sample, cleanSample) = sample
    self.command = command
    scenes = try SceneCatalog(folder: command.data.data)
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
    case .attention, .background: maskFolder != nil
    case .perturbation: model.enhancer != nil
    case .transfer: model.enhancer != nil && !command.transfer.isEmpty
    case .adversarial, .corruption: true
    }
  }

  mutating func answer(_ section: AssessmentSection) throws {
    let status = StatusLine()
    defer { status.clear() }
    // Counts from the first report: before it comes what is done but once.
    var first: (done: Int, seconds: Double)?
    let progress = { (done: Int, total: Int) in
      guard let first else {
        first = (done, MonotonicClock.seconds)
        return status.show("\(section): \(done) of \(total)")
      }
      let speed = Double(done - first.done) / max(MonotonicClock.seconds - first.seconds, 1e-9)
      let left = Double(total - done) / speed
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
      let images = try probed()
      assessment.faithfulness = try explaining {
        try FaithfulnessAssessment(
          model, images, methods: command.method, options, progress: progress)
      }
    case .sanity:
      let images = try probed()
      assessment.sanity = try explaining {
        try SanityAssessment(
          model, images, method: command.method[0], options, progress: progress)
      }
    case .attention:
      let (images, masks) = (images(), try masks())
      assessment.attention = try explaining {
        try AttentionAssessment.ofAllTargets(
          model, images, masks: masks, method: command.method[0], options, progress: progress)
      }
    case .background: assessment.background = try background(progress)
    case .perturbation:
      try requireEnhancer(section)
      assessment.perturbation = try PerturbationAssessment(model, images(), progress: progress)
    case .adversarial:
      let images = images()
      assessment.adversarial = try explaining {
        try AdversarialAssessment(model, images, progress: progress)
      }
    case .transfer: assessment.transfer = try transfer(progress)
    case .corruption:
      assessment.corruption = try CorruptionAssessment(
        model, sample, clean: images(), progress: progress)
    }
  }

  private func requireEnhancer(_ section: AssessmentSection) throws {
    if model.enhancer == nil { throw ValidationError("--only \(section) needs --enhancer") }
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
    let plain = try model.predictions(for: dataset) { progress($0, total) }
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
  private mutating func probed() throws -> AssessedImages {
    guard command.explained < sample.count else { return images() }
    if let fewer { return fewer }
    let images = AssessedImages(
      try sample.split(counts: [command.explained], seed: command.seed)[0], model)
    fewer = images
    return images
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

  private mutating func transfer(_ progress: AssessmentProgress) throws -> TransferAssessment? {
    try requireEnhancer(.transfer)
    guard !command.transfer.isEmpty else {
      throw ValidationError("--only transfer needs other classifiers: give them with --transfer")
    }
    let others = try command.transfer.map { path in
      let model = try Model.withFloatEnds(contentsOf: path, as: .classifier)
      try model.check(dataset, from: command.data.data, path: path, needsLabels: true)
      return (name: path, model: model)
    }
    return try TransferAssessment(
      model, images(), own: command.classifier, others: others, progress: progress)
  }

  private mutating func separated() throws -> (pictures: Dataset, source: any BackgroundSource) {
    if let backgrounds { return backgrounds }
    let source: any BackgroundSource
    if let scenes, command.masks == nil {
      source = scenes
    } else {
      source = try MaskedPictures(cleanSample, masks: masks())
    }
    let pictures = cleanSample.subset(source.indices(in: cleanSample))
    guard pictures.count > 0 else {
      throw CommandError("\(command.data.data)/scenes.json: has none of the test pictures")
    }
    backgrounds = (pictures, source)
    return (pictures, source)
  }

  private mutating func background(
    _ progress: AssessmentProgress
  ) throws -> BackgroundAssessment {
    let (pictures, source) = try separated()
    let data = try command.data.specification()
    return try BackgroundAssessment(
      model, pictures, source, degrade: { try data.degradedTest($0) }, progress: progress)
  }

  /// Panels of what was answered, by their files' names.
  mutating func panels() throws -> [(name: String, image: Image)] {
    var panels: [(name: String, image: Image)] = []
    if assessment.background != nil {
      let (pictures, source) = try separated()
      let data = try command.data.specification()
      // One of each of the first classes.
      let chosen = pictures.indicesPerClass.compactMap(\.first).prefix(4)
      panels.append(
        (
          "background.png",
          try BackgroundPanel(
            model: model, source: source, dataset: pictures.subset(Array(chosen)),
            degrade: { try data.degradedTest($0) }
          ).image()
        ))
    }
    if assessment.corruption != nil {
      panels.append(
        (
          "corruption.png",
          try CorruptionPanel(dataset: sample.subset([0]), seed: command.seed).image()
        ))
    }
    return panels
  }
}
