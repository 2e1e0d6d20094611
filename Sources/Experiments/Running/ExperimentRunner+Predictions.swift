// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Imaging
import Interchange
import Kernels
import Network
import Training

extension ExperimentRunner {
  /// Writes what a model says of the test images, and of the training images where asked for.
  func predict(
    _ cell: Cell.PredictionRun, _ folder: CellFolder, _ record: inout CellRecord
  ) throws {
    var test = try parts(cell.images).test
    var model = try classifier(cell.classifier)
    if let source = cell.enhancer {
      let both = try Model.composed(enhancer: try enhancer(source, test), classifier: model)
      guard let both else { throw AssessmentError.outOfMemory }
      model = both
    }
    let evaluator = try Evaluator(model, pool, batch: batch, averagesFlips: cell.averagesFlips)
    let split = try images(of: cell.images)
    if !cell.filters.isEmpty, let validation = split.validation {
      let filter = try bestFilter(evaluator, validation)
      record.filter = filter.name
      test = try test.filtered(by: filter, threads: pool.threadCount)
    }
    var predictions = [("test", try evaluator.predictions(for: test))]
    if cell.predictsTraining {
      predictions.append(("training", try evaluator.predictions(for: split.training)))
    }
    try PredictionsFile.write(predictions, to: folder.predictionsPath)
  }

  private func bestFilter(_ evaluator: Evaluator, _ validation: Dataset) throws -> FixedFilter {
    var best = (filter: FixedFilter.candidates[0], accuracy: -1.0)
    for filter in FixedFilter.candidates {
      let predictions = try evaluator.predictions(
        for: try validation.filtered(by: filter, threads: pool.threadCount))
      if predictions.accuracy > best.accuracy { best = (filter, predictions.accuracy) }
    }
    return best.filter
  }
}

extension ExperimentRunner {
  /// Asks the suites of a cell about the classifier, alone and behind the enhancer.
  func assess(_ cell: Cell.SuiteRun, _ record: inout CellRecord) throws {
    let (parts, suites) = (try parts(cell.images), cell.suites)
    let specification = experiment.data[cell.images.data] ?? DataSpecification()
    let seed = specification.seed ?? 1
    var pictures = parts.cleanTest ?? parts.test
    if let limit = suites.images, limit < pictures.count {
      pictures = try pictures.split(counts: [limit], seed: seed)[0]
    }
    let (classifier, enhancer) = (
      try classifier(cell.classifier), try enhancer(cell.enhancer, pictures)
    )
    // No suite asks for gradients.
    let model = try AssessedModel(
      classifier: .init(model: classifier, inFloats: classifier),
      enhancer: .init(model: enhancer, inFloats: enhancer), batch: batch, seed: seed, pool)
    if suites.background == true, let catalog = scenes[cell.images.data] {
      record.background = try BackgroundAssessment(
        model, pictures, catalog,
        degrade: { try specification.degradedTest($0, threads: pool.threadCount) }
      ) { _, _ in }
    }
    if let severities = suites.corruption {
      record.corruption = try CorruptionAssessment(
        model, pictures, clean: AssessedImages(pictures, model), severities: severities
      ) { _, _ in }
    }
  }

  /// What the test images show, of the data whose backgrounds are asked about.
  static func scenes(
    of experiment: Experiment, _ images: [String: DataSpecification.Parts]
  ) throws -> [String: SceneCatalog] {
    var scenes: [String: SceneCatalog] = [:]
    for row in experiment.rows where row.suites?.background == true && scenes[row.data] == nil {
      guard let test = images[row.data]?.test else { continue }
      guard let catalog = try experiment.data[row.data]?.sceneCatalog(),
        catalog.indices(in: test).count == test.count
      else {
        throw ExperimentError(
          "row \(row.name): the suite 'background' needs scenes, which '\(row.data)' are not")
      }
      scenes[row.data] = catalog
    }
    return scenes
  }
}

extension FixedFilter {
  /// What C3 chooses from.
  static let candidates: [FixedFilter] =
    [0.5, 1, 2].map { .unsharpMask(sigma: 1, amount: $0) } + [
      .stretch(low: 0, high: 1), .stretch(low: 0.02, high: 0.98), .gamma(0.7), .gamma(1.4),
      .saturation(0.7), .saturation(1.4), .equalization(limit: 2),
      .sharpenAndSaturate(amount: 0.5, factor: 1.3),
    ]

  /// What results call it.
  var name: String {
    switch self {
    case .unsharpMask(let sigma, let amount): "unsharp mask, σ \(sigma), amount \(amount)"
    case .stretch(let low, let high): "stretched from percentile \(low * 100) to \(high * 100)"
    case .gamma(let gamma): "γ \(gamma)"
    case .saturation(let factor): "saturation × \(factor)"
    case .equalization(let limit): "CLAHE, limit \(limit)"
    case .sharpenAndSaturate(let amount, let factor):
      "unsharp mask, amount \(amount), saturation × \(factor)"
    }
  }
}
