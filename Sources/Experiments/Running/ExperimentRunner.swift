// SPDX-License-Identifier: Apache-2.0
import Assessments
package import Datasets
import Foundation
import Imaging
import Interchange
package import Kernels
import Network
import Quantization
package import Training

/// Observes the progress of an experiment.
package protocol ExperimentObserver: TrainingObserver {
  /// Cell `number` (from 1) of `count` begins: how it is called, what share of the work is done,
  /// and what share is the cell's.
  func willStart(_ title: String, number: Int, count: Int, doneShare: Double, share: Double)
  func didFinish()
}

/// Runs the missing cells of an experiment in a folder.
///
/// A run that is stopped or killed resumes and ends in the same bytes, except for the times.
package final class ExperimentRunner {
  package let experiment: Experiment
  package let folder: String
  let plan: ExperimentPlan
  let facts: [String: DataFacts]
  let images: [String: DataSpecification.Parts]
  let models: ModelFiles
  /// Of the data whose backgrounds are asked about.
  let scenes: [String: SceneCatalog]
  let pool: ThreadPool
  /// Images a step while predicting.
  let batch = 64

  /// - Parameters:
  ///   - images: of the experiment's data sets by name; rows whose data are missing are left out.
  ///   - folder: gets `results.json`, see `ExperimentResults`, and a folder for each cell.
  package init(
    _ experiment: Experiment, images: [String: DataSpecification.Parts], models: ModelFiles,
    pool: ThreadPool, folder: String
  ) throws {
    (self.experiment, self.images, self.models, self.pool) = (experiment, images, models, pool)
    self.folder = folder
    facts = images.mapValues { DataFacts($0) }
    scenes = try Self.scenes(of: experiment, images)
    plan = try ExperimentPlan(experiment, facts: facts, models: models)
    guard !plan.rows.isEmpty else {
      throw ExperimentError("\(experiment.name): no row's data are at hand")
    }
  }

  var cost: ExperimentCost { ExperimentCost(plan: plan, facts: facts, models: models) }

  /// How much work is left.
  package struct Estimate: Equatable, Sendable {
    package var cells = 0
    /// Of these, done in an earlier run.
    package var doneCells = 0
    /// Multiply-accumulates of what is not done.
    package var multiplyAccumulates = 0.0
    /// Images that are still to be trained on.
    package var samples = 0
  }

  package func estimate() throws -> Estimate {
    var estimate = Estimate(cells: plan.order.count)
    for id in plan.order {
      guard let cell = plan.cells[id] else { continue }
      if CellFolder(folder, id).record != nil {
        estimate.doneCells += 1
      } else {
        estimate.multiplyAccumulates += try cost.work(of: cell)
        estimate.samples += cost.samples(of: cell)
      }
    }
    return estimate
  }

  /// Runs the missing cells, then writes and returns the results.
  /// - Throws: `TrainingError.interrupted` after a request to stop, once the state is saved.
  package func run(
    observer: (any ExperimentObserver)? = nil, stop: StopRequest = StopRequest()
  ) throws -> ExperimentResults {
    let missing = try plan.order.compactMap { id -> (String, Cell, Double)? in
      guard let cell = plan.cells[id], CellFolder(folder, id).record == nil else { return nil }
      return (id, cell, try cost.work(of: cell))
    }
    let total = missing.reduce(0) { $0 + $1.2 }
    var done = 0.0
    for (index, (id, cell, work)) in missing.enumerated() {
      let number = index + 1
      observer?.willStart(
        title(of: id), number: number, count: missing.count, doneShare: done / total,
        share: work / total)
      try run(cell, id, observer, stop)
      done += work
      observer?.didFinish()
      if stop.isRequested && number < missing.count { throw TrainingError.interrupted(step: 0) }
    }
    let results = try self.results()
    try CellFolder.write(results, to: folder + "/" + ExperimentResults.fileName)
    try CellFolder.write(times, to: folder + "/" + ExperimentTimes.fileName)
    return results
  }

  private func run(
    _ cell: Cell, _ id: String, _ observer: (any TrainingObserver)?, _ stop: StopRequest
  ) throws {
    let folder = CellFolder(folder, id)
    try folder.create()
    let clock = CellClock(folder)
    defer { try? clock.save() }
    var record = CellRecord(cell: Cell.Members(cell))
    switch cell {
    case .training(let run): try train(run, folder, &record, observer, stop)
    case .predictions(let run): try predict(run, folder, &record)
    case .suites(let run): try assess(run, &record)
    }
    try folder.write(record)
  }

  /// The first use of a cell, such as `row 8, seed 2, enhanced: predictions`.
  private func title(of id: String) -> String {
    for row in plan.rows {
      for run in row.runs {
        let place = "row \(row.row.name), seed \(run.seed), "
        if run.suites == id { return place + "suites" }
        for variant in run.variants {
          let isOwn = variant.cell == id
          guard isOwn || plan.trainingCells(behind: variant.cell).contains(id) else { continue }
          let work = isOwn ? "predictions" : plan.cells[id]?.workName ?? ""
          return place + "\(variant.title): \(work)"
        }
      }
    }
    return id
  }

  /// The images of a cell: to learn from and to choose the epoch by, degraded and clean.
  struct CellImages {
    var training: Dataset
    var validation: Dataset?
    var cleanTraining: Dataset?
    var cleanValidation: Dataset?
  }

  /// Trains a cell's model to the end, from its checkpoint where there is one.
  func train(
    _ cell: Cell.TrainingRun, _ folder: CellFolder, _ record: inout CellRecord,
    _ observer: (any TrainingObserver)?, _ stop: StopRequest
  ) throws {
    let (task, measuresError) = try task(for: cell, try images(of: cell))
    let run = try RunFolder(folder.path)
    let trainer = try Trainer(task, cell.options, pool, folder: run)
    try trainer.begin(resuming: true)
    try trainer.run(observer: observer, stop: stop)
    folder.removeCheckpoint()
    record.samples = trainer.progress.step * trainer.loader.configuration.batchSize
    let perImage = task.model.graph.trainingMultiplyAccumulates(frozen: task.frozenNodes)
    record.multiplyAccumulates = Double(perImage) * Double(record.samples)
    record.bestEpoch = trainer.progress.best.map { $0.epoch + 1 }
    record.validation = trainer.progress.history.compactMap {
      measuresError ? $0.validationLoss : $0.validationAccuracy
    }
  }

  private func task(for cell: Cell.TrainingRun, _ images: CellImages) throws -> (
    TrainingTask, measuresError: Bool
  ) {
    let smoothing = cell.options.labelSmoothing
    func model(_ source: Cell.EnhancerSource) throws -> Model {
      try enhancer(source, images.training, seed: cell.options.seed)
    }
    switch cell.phase {
    case .classifier(let source):
      var (classifier, frozen): (Model, Set<Int>)
      if case .new(let specification) = source {
        (classifier, frozen) = try specification.model(
          for: images.training, seed: cell.options.seed)
      } else {
        (classifier, frozen) = (try self.classifier(source), [])
      }
      return (
        .classifier(
          classifier, labelSmoothing: smoothing, frozenNodes: frozen, training: images.training,
          validation: images.validation), false
      )
    case .reconstruct(let enhancer, let towardsClean):
      return (
        .reconstruct(
          try model(enhancer), training: images.training,
          cleanTraining: towardsClean ? images.cleanTraining : nil, validation: images.validation,
          cleanValidation: towardsClean ? images.cleanValidation : nil), true
      )
    case .enhance(let enhancer, let classifier, let objective, _):
      let task = try TrainingTask.enhance(
        try model(enhancer), classifiers: [try self.classifier(classifier).fakeQuantized()],
        objective ?? Objective(), labelSmoothing: smoothing, training: images.training,
        cleanTraining: images.cleanTraining, validation: images.validation)
      guard let task else { throw AssessmentError.outOfMemory }
      return (task, false)
    case .joint(let enhancer, let classifier):
      let both = try Model.composed(
        enhancer: try model(enhancer), classifier: try self.classifier(classifier))
      guard let both else { throw AssessmentError.outOfMemory }
      return (
        .classifier(
          both, labelSmoothing: smoothing, training: images.training,
          validation: images.validation),
        false
      )
    }
  }

  /// A classifier that is trained already.
  func classifier(_ source: Cell.ClassifierSource) throws -> Model {
    switch source {
    case .trained(let id): return try ModelFile.load(CellFolder(folder, id).modelPath)
    case .file(let path, _): return try models.load(path)
    case .new: throw ExperimentError("a classifier is used before it is trained")
    }
  }

  /// An enhancer to use, or to train further.
  func enhancer(_ source: Cell.EnhancerSource, _ images: Dataset, seed: UInt64 = 1) throws -> Model
  {
    switch source {
    case .trained(let id): return try ModelFile.load(CellFolder(folder, id).modelPath)
    case .new(let specification): return try specification.model(for: images, seed: seed)
    case .identity:
      return try EnhancerSpecification(width: 4, depth: 1, head: "residual").model(
        for: images, seed: 1)
    }
  }

  private func images(of cell: Cell.TrainingRun) throws -> CellImages {
    var images = try images(of: cell.images, cell.part)
    if case .enhance(_, _, _, shufflesLabels: true) = cell.phase {
      images.training = images.training.withShuffledLabels(seed: seed(of: cell.images))
    }
    return images
  }

  /// What splits of the data are drawn from.
  private func seed(of images: Cell.Images) -> UInt64 { experiment.data[images.data]?.seed ?? 1 }

  /// The images themselves.
  func parts(_ images: Cell.Images) throws -> DataSpecification.Parts {
    guard let parts = self.images[images.data] else {
      throw ExperimentError("the data '\(images.data)' are not at hand")
    }
    return parts
  }

  /// Splits are the same for all seeds, so that all are measured on the same images.
  func images(of cell: Cell.Images, _ part: Cell.Part = .all) throws -> CellImages {
    let (parts, seed) = (try parts(cell), seed(of: cell))
    func split(_ dataset: Dataset, _ test: Dataset) throws -> (Dataset, Dataset?) {
      var (training, validation): (Dataset, Dataset?) = (dataset, nil)
      if cell.validation > 0 {
        (training, validation) = try dataset.split(fraction: cell.validation, seed: seed)
      }
      switch part {
      case .all: break
      case .firstHalf: training = try training.split(fraction: 0.5, seed: seed).first
      case .secondHalf: training = try training.split(fraction: 0.5, seed: seed).second
      case .allAndTest:
        training = try Dataset.joining([training, test], name: "\(training.name) and test images")
      }
      return (training, validation)
    }
    let (training, validation) = try split(parts.training, parts.test)
    guard let clean = parts.cleanTraining, let cleanTest = parts.cleanTest else {
      return CellImages(training: training, validation: validation)
    }
    let (cleanTraining, cleanValidation) = try split(clean, cleanTest)
    return CellImages(
      training: training, validation: validation, cleanTraining: cleanTraining,
      cleanValidation: cleanValidation)
  }

  /// Writes what a model says of the test images, and of the training images where asked for.
  func predict(_ cell: Cell.PredictionRun, _ folder: CellFolder, _ record: inout CellRecord) throws
  {
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
  static func scenes(of experiment: Experiment, _ images: [String: DataSpecification.Parts]) throws
    -> [String: SceneCatalog]
  {
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
