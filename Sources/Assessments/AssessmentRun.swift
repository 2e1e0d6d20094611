// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Explanation
import Foundation
package import Imaging
import Kernels
public import Network
package import Reporting
import Scenes
import Statistics
import Text
import Training

/// Answers the sections of an assessment one after the other: what they share is computed once.
public struct AssessmentRun {
  /// What is asked, and how thoroughly.
  public struct Options {
    /// The explanations that are looked at; sanity and attention take the first.
    public var methods: [ExplanationMethod] = [.activation(.gradCAM)]
    /// The layer of class activation maps; `nil` for the deepest of at least
    /// `Graph.smallestExplainedSide` pixels a side.
    public var layer: String?
    /// Test images of the sample, which all sections but accuracy and calibration use.
    public var imageCount = 1000
    /// Images of the sample whose explanations are probed.
    public var explainedCount = 100
    /// A folder with masks of the objects; `nil` for those of scenes.
    public var maskFolder: String?
    /// Classifiers that the enhancer was not trained in front of.
    public var otherClassifiers: [(name: String, model: Model)] = []

    /// Grad-CAM on 100 of 1000 images, masks of scenes, no other classifiers.
    public init() {}
  }

  /// What has been answered so far.
  public private(set) var assessment: Assessment
  private let model: AssessedModel
  private let data: DataSpecification
  private let dataset: Dataset
  private let sample: Dataset
  /// The sample before it was degraded.
  private let cleanSample: Dataset
  private let options: Options
  private let scenes: SceneCatalog?
  private let explainerOptions: Explainer.Options
  /// Of the whole test set; of the sample.
  private var predictions: (plain: Predictions, enhanced: Predictions?)?
  private var sampled: AssessedImages?
  /// Of the part of the sample whose explanations are probed.
  private var fewer: AssessedImages?
  /// Pictures of the sample whose backgrounds can be changed, and what changes them.
  private var backgrounds: (pictures: Dataset, source: any BackgroundSource)?

  /// - Parameters:
  ///   - data: where `parts` were loaded from.
  ///   - names: what the assessment calls the models, such as their paths.
  /// - Throws: `DatasetError` when the scenes' catalogue cannot be read.
  public init(
    _ model: AssessedModel, _ data: DataSpecification, _ parts: DataSpecification.Parts,
    names: (classifier: String, enhancer: String?), _ options: Options = Options()
  ) throws(DatasetError) {
    func sample(_ pictures: Dataset) throws(DatasetError) -> Dataset {
      options.imageCount < pictures.count
        ? try pictures.split(counts: [options.imageCount], seed: model.seed)[0] : pictures
    }
    (self.model, self.data) = (model, data)
    dataset = parts.test
    self.sample = try sample(parts.test)
    cleanSample = try sample(parts.cleanTest ?? parts.test)
    self.options = options
    scenes = try data.path.flatMap { path throws(DatasetError) in try SceneCatalog(folder: path) }
    var explainerOptions = Explainer.Options()
    (explainerOptions.layer, explainerOptions.seed) = (options.layer, model.seed)
    self.explainerOptions = explainerOptions
    assessment = Assessment(
      .init(
        classifier: names.classifier, enhancer: names.enhancer, data: data.path ?? "scenes",
        degradation: data.degrade, images: dataset.count, sample: self.sample.count,
        seed: model.seed, overlap: parts.overlapCount > 0 ? parts.overlapCount : nil))
  }

  private var maskFolder: String? {
    options.maskFolder ?? (scenes == nil ? nil : data.path.map { $0 + "/masks" })
  }

  /// Whether a section can be answered.
  public func applies(_ section: AssessmentSection) -> Bool {
    switch section {
    case .accuracy, .calibration, .faithfulness, .sanity, .adversarial, .corruption: true
    case .attention, .background: maskFolder != nil
    case .perturbation: model.enhancer != nil
    case .transfer: model.enhancer != nil && !options.otherClassifiers.isEmpty
    }
  }

  /// Answers a section and keeps the answer in ``assessment``.
  /// - Throws: `AssessmentError`, `DatasetError`, `GraphError` or `TrainingError`.
  public mutating func answer(
    _ section: AssessmentSection, progress: @escaping AssessmentProgress = { _, _ in }
  ) throws {
    do { try answerAny(section, progress) } catch let error as ExplanationError {
      throw AssessmentError.notExplained(classifier: assessment.subject.classifier, error)
    }
  }

  private mutating func answerAny(
    _ section: AssessmentSection, _ progress: @escaping AssessmentProgress
  ) throws {
    switch section {
    case .accuracy:
      let (plain, enhanced) = try predictions(progress)
      assessment.accuracy = AccuracyAssessment(
        plain: plain, enhanced: enhanced, classNames: dataset.classNames, seed: model.seed)
    case .calibration:
      let (plain, enhanced) = try predictions(progress)
      assessment.calibration = .init(
        plain: Calibration(plain), enhanced: enhanced.map { Calibration($0) })
    case .faithfulness:
      assessment.faithfulness = try FaithfulnessAssessment(
        model, try probed(), methods: options.methods, explainerOptions, progress: progress)
    case .sanity:
      assessment.sanity = try SanityAssessment(
        model, try probed(), method: options.methods[0], explainerOptions, progress: progress)
    case .attention:
      assessment.attention = try AttentionAssessment.ofAllTargets(
        model, images(), masks: try masks(), method: options.methods[0], explainerOptions,
        progress: progress)
    case .background:
      let (pictures, source) = try separated()
      assessment.background = try BackgroundAssessment(
        model, pictures, source,
        degrade: { try data.degradedTest($0, threads: model.pool.threadCount) }, progress: progress)
    case .perturbation:
      try requireEnhancer(section)
      assessment.perturbation = try PerturbationAssessment(model, images(), progress: progress)
    case .adversarial:
      assessment.adversarial = try AdversarialAssessment(model, images(), progress: progress)
    case .transfer:
      try requireEnhancer(section)
      guard !options.otherClassifiers.isEmpty else { throw AssessmentError.noOtherClassifiers }
      assessment.transfer = try TransferAssessment(
        model, images(), own: assessment.subject.classifier, others: options.otherClassifiers,
        progress: progress)
    case .corruption:
      assessment.corruption = try CorruptionAssessment(
        model, sample, clean: images(), progress: progress)
    }
  }

  private func requireEnhancer(_ section: AssessmentSection) throws(AssessmentError) {
    if model.enhancer == nil { throw .noEnhancer(section) }
  }

  private mutating func predictions(_ progress: @escaping AssessmentProgress) throws -> (
    plain: Predictions, enhanced: Predictions?
  ) {
    if let predictions { return predictions }
    let count = dataset.count
    let total = count * (model.enhancer == nil ? 1 : 2)
    let plain = try model.predictions(for: dataset) { progress($0, total) }
    let enhanced = try model.combined().map { combined in
      try Evaluator(combined, model.pool, batch: model.batch).predictions(for: dataset) {
        progress(count + $0, total)
      }
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
  private mutating func probed() throws(DatasetError) -> AssessedImages {
    guard options.explainedCount < sample.count else { return images() }
    if let fewer { return fewer }
    let images = AssessedImages(
      try sample.split(counts: [options.explainedCount], seed: model.seed)[0], model)
    fewer = images
    return images
  }

  private func masks() throws -> [Mask?] {
    guard let maskFolder else { throw AssessmentError.noMasks(data: assessment.subject.data) }
    let folder = PictureMasks(maskFolder)
    let masks = try sample.sourceNames.map {
      try folder.mask(of: $0, width: sample.width, height: sample.height)
    }
    guard masks.contains(where: { $0 != nil }) else {
      throw AssessmentError.noMatchingMask(folder: maskFolder)
    }
    return masks
  }

  private mutating func separated() throws -> (pictures: Dataset, source: any BackgroundSource) {
    if let backgrounds { return backgrounds }
    let source: any BackgroundSource
    if let scenes, options.maskFolder == nil {
      source = scenes
    } else {
      source = try MaskedPictures(cleanSample, masks: masks())
    }
    let pictures = cleanSample.subset(source.indices(in: cleanSample))
    guard pictures.count > 0 else {
      throw AssessmentError.noMatchingScene(data: assessment.subject.data)
    }
    backgrounds = (pictures, source)
    return (pictures, source)
  }

  /// Panels of what was answered, by their files' names.
  package mutating func panels() throws -> [(name: String, image: Image)] {
    var panels: [(name: String, image: Image)] = []
    if assessment.background != nil {
      let (pictures, source) = try separated()
      // One of each of the first classes.
      let chosen = pictures.indicesPerClass.compactMap(\.first).prefix(4)
      let panel = BackgroundPanel(
        model: model, source: source, dataset: pictures.subset(Array(chosen)),
        degrade: { [data, model] in try data.degradedTest($0, threads: model.pool.threadCount) })
      panels.append(("background.png", try panel.image()))
    }
    if assessment.corruption != nil {
      let panel = CorruptionPanel(dataset: sample.subset([0]), seed: model.seed)
      panels.append(("corruption.png", try panel.image()))
    }
    return panels
  }
}

/// A question that an assessment answers.
public enum AssessmentSection: String, CaseIterable, Codable, Sendable {
  case accuracy, calibration, faithfulness, sanity, attention, background, perturbation,
    adversarial, transfer, corruption

  /// What is asked.
  var question: String {
    switch self {
    case .accuracy: "Is the gain real, and for which classes?"
    case .calibration: "Is the classifier right as often as it says?"
    case .faithfulness: "Does the explanation show what the classifier uses?"
    case .sanity: "Does the explanation depend on what was learnt?"
    case .attention: "Does the classifier look at the object?"
    case .background: "Does it lean on the background?"
    case .perturbation: "What did the enhancer change?"
    case .adversarial: "Is the change special, and is it a shield?"
    case .transfer: "Does it help classifiers that it was not trained with?"
    case .corruption: "What is left on corrupted pictures?"
    }
  }
}

extension Assessment {
  /// A section's figures for people; nothing if it was not asked for.
  package func blocks(_ section: AssessmentSection) -> [FigureBlock] {
    let blocks: [FigureBlock]? =
      switch section {
      case .accuracy: accuracy?.blocks
      case .calibration: calibration?.blocks
      case .faithfulness: faithfulness?.blocks
      case .sanity: sanity?.blocks
      case .attention: attention?.flatMap(\.blocks)
      case .background: background?.blocks
      case .perturbation: perturbation?.blocks
      case .adversarial: adversarial?.blocks
      case .transfer: transfer?.blocks
      case .corruption: corruption?.blocks
      }
    return blocks ?? []
  }

  /// Charts of the figures, as SVG files.
  package var charts: [(section: AssessmentSection, name: String, svg: String)] {
    var charts: [(section: AssessmentSection, name: String, svg: String)] = []
    if let calibration {
      let panels =
        [("plain", calibration.plain)] + (calibration.enhanced.map { [("enhanced", $0)] } ?? [])
      charts.append((.calibration, "reliability.svg", ReliabilityDiagram(panels).svg))
    }
    if let perturbation {
      charts.append((.perturbation, "spectrum.svg", perturbation.spectrumChart.svg))
      charts.append((.perturbation, "budget.svg", perturbation.budgetChart.svg))
    }
    return charts
  }
}

extension PerturbationAssessment {
  fileprivate var spectrumChart: LineChart {
    func points(_ powers: [Double]) -> [(x: Double, y: Double)] {
      powers.enumerated().map { (Double($0), $1) }
    }
    return LineChart(
      "What the enhancer changed, by frequency", xLabel: "periods along the longer side",
      yLabel: "mean power", isLogarithmic: true,
      [
        .init("pictures", points(spectrum.radialOfImages)),
        .init("change", points(spectrum.radial)),
      ])
  }

  fileprivate var budgetChart: LineChart {
    LineChart(
      "Accuracy where pictures may change by ±ε", xLabel: "ε, levels of 255", yLabel: "accuracy, %",
      [
        .init(
          "enhanced", zip(Self.budgets, budget).map { (Double($0), 100 * $1.accuracy.value) },
          band: budget.map { (100 * $0.accuracy.lower, 100 * $0.accuracy.upper) })
      ])
  }
}

extension Assessment {
  /// All answered sections, each below its question.
  package func html(title: String) -> [HTML] {
    let charts = charts
    let sections = AssessmentSection.allCases.flatMap { section -> [HTML] in
      let blocks = blocks(section)
      guard !blocks.isEmpty else { return [] }
      let drawings = charts.filter { $0.section == section }.map {
        HTML.scrolling(.drawing($0.svg), label: $0.name)
      }
      return [.element("h3", [:], section.question)] + blocks.html(label: section.rawValue)
        + drawings
    }
    return [.element("h2", [:], title), .element("p", ["class": "note"], subject.text)] + sections
  }
}

extension Assessment.Subject {
  fileprivate var name: String {
    let own = classifier.lastPathParts
    return enhancer.map { "\($0.lastPathParts) in front of \(own)" } ?? own
  }

  fileprivate var text: String {
    "Of \(name), on \(images) test images of \(data.lastPathParts)"
      + (degradation.map { ", degraded by \($0)" } ?? "") + "; slow sections on \(sample) of them. "
      + "Figures in brackets are intervals of 95 %."
      + (overlap.map { " \($0) test images are training images, too." } ?? "")
  }
}

extension Assessment.CalibrationPair {
  package var blocks: [FigureBlock] {
    var table = TextTable(["calibration", "ECE, %", "adaptive ECE, %", "Brier score", "log loss"])
    for (name, calibration) in [("plain", plain), ("enhanced", enhanced)] {
      guard let calibration else { continue }
      table.add([
        name, String(format: "%.2f", calibration.expectedError * 100),
        String(format: "%.2f", calibration.adaptiveError * 100),
        String(format: "%.4f", calibration.brierScore), String(format: "%.4f", calibration.logLoss),
      ])
    }
    return [.table(table)]
  }
}

extension String {
  /// The last two parts of a path: the file's name alone is often the same.
  var lastPathParts: String { split(separator: "/").suffix(2).joined(separator: "/") }
}
