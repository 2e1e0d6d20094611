// SPDX-License-Identifier: Apache-2.0
import Datasets
import Network
import Quantization
import Training

extension ExperimentRunner {
  /// The images of a cell: to learn from and to choose the epoch by, degraded and clean.
  struct CellImages {
    var training: Dataset
    var validation: Dataset?
    var cleanTraining: Dataset?
    var cleanValidation: Dataset?
  }

  /// Trains a cell's model to the end, from its checkpoint where there is one.
  func train(
    _ cell: Cell, _ folder: CellFolder, _ observer: (any TrainingObserver)?, _ stop: StopRequest
  ) throws -> CellRecord {
    guard let options = cell.options else {
      throw ExperimentError("\(folder.path): has no options")
    }
    let task = try task(for: cell, try images(of: cell), options)
    let run = try RunFolder(folder.path)
    let trainer = try Trainer(task, options, pool, folder: run)
    try trainer.begin(resuming: true)
    try trainer.run(observer: observer, stop: stop)
    folder.removeCheckpoint()
    let samples = trainer.progress.step * trainer.loader.configuration.batchSize
    let perImage = task.model.graph.trainingMultiplyAccumulates(frozen: task.frozenNodes)
    return CellRecord(
      cell: cell, samples: samples, multiplyAccumulates: Double(perImage) * Double(samples),
      bestEpoch: trainer.progress.best.map { $0.epoch + 1 },
      validation: trainer.progress.history.compactMap {
        cell.work == .reconstruct ? $0.validationLoss : $0.validationAccuracy
      })
  }

  private func task(
    for cell: Cell, _ images: CellImages, _ options: TrainingOptions
  ) throws -> TrainingTask {
    switch cell.work {
    case .classifier, .predict, .assess:
      let (model, frozen) = try trainableClassifier(cell, images.training)
      return .classifier(
        model, labelSmoothing: options.labelSmoothing, frozenNodes: frozen,
        training: images.training, validation: images.validation)
    case .reconstruct:
      return .reconstruct(
        try enhancer(cell, images.training), training: images.training,
        cleanTraining: cell.towardsClean ? images.cleanTraining : nil,
        validation: images.validation,
        cleanValidation: cell.towardsClean ? images.cleanValidation : nil)
    case .enhance:
      let classifier = try classifier(cell).fakeQuantized()
      let task = try TrainingTask.enhance(
        try enhancer(cell, images.training), classifiers: [classifier],
        cell.objective ?? Objective(), labelSmoothing: options.labelSmoothing,
        training: images.training, cleanTraining: images.cleanTraining,
        validation: images.validation)
      guard let task else { throw AssessmentError.outOfMemory }
      return task
    case .joint:
      let both = try Model.composed(
        enhancer: try enhancer(cell, images.training), classifier: try classifier(cell))
      guard let both else { throw AssessmentError.outOfMemory }
      return .classifier(
        both, labelSmoothing: options.labelSmoothing, training: images.training,
        validation: images.validation)
    }
  }

  private func trainableClassifier(
    _ cell: Cell, _ images: Dataset
  ) throws -> (Model, frozen: Set<Int>) {
    guard case .new(let specification) = cell.classifier else { return (try classifier(cell), []) }
    return try specification.model(for: images, seed: cell.options?.seed ?? 1)
  }

  /// The trained classifier that a cell uses.
  func classifier(_ cell: Cell) throws -> Model {
    switch cell.classifier {
    case .trained(let id): return try ModelFile.load(CellFolder(folder, id).modelPath)
    case .file(let path, _): return try models.load(path)
    case .new, .identity, nil: throw ExperimentError("\(cell.id): has no classifier")
    }
  }

  /// The enhancer that a cell uses or goes on with.
  func enhancer(_ cell: Cell, _ images: Dataset) throws -> Model {
    switch cell.enhancer {
    case .trained(let id): return try ModelFile.load(CellFolder(folder, id).modelPath)
    case .new(let specification):
      return try specification.model(for: images, seed: cell.options?.seed ?? 1)
    case .identity:
      return try EnhancerSpecification(width: 4, depth: 1, head: "residual")
        .model(for: images, seed: 1)
    case .file, nil: throw ExperimentError("\(cell.id): has no enhancer")
    }
  }

  /// Splits are the same for all seeds, so that all are measured on the same images.
  func images(of cell: Cell) throws -> CellImages {
    guard let parts = images[cell.data] else {
      throw ExperimentError("the data '\(cell.data)' are not at hand")
    }
    let seed = experiment.data[cell.data]?.seed ?? 1
    func split(_ dataset: Dataset, _ test: Dataset) throws -> (Dataset, Dataset?) {
      var (training, validation): (Dataset, Dataset?) = (dataset, nil)
      if cell.validation > 0 {
        (training, validation) = try dataset.split(fraction: cell.validation, seed: seed)
      }
      switch cell.images {
      case .all: break
      case .firstHalf: training = try training.split(fraction: 0.5, seed: seed).first
      case .secondHalf: training = try training.split(fraction: 0.5, seed: seed).second
      case .allAndTest:
        training = try Dataset.joining([training, test], name: "\(training.name) and test images")
      }
      return (training, validation)
    }
    var (training, validation) = try split(parts.training, parts.test)
    if cell.hasShuffledLabels { training = training.withShuffledLabels(seed: seed) }
    guard let clean = parts.cleanTraining, let cleanTest = parts.cleanTest else {
      return CellImages(training: training, validation: validation)
    }
    let (cleanTraining, cleanValidation) = try split(clean, cleanTest)
    return CellImages(
      training: training, validation: validation, cleanTraining: cleanTraining,
      cleanValidation: cleanValidation)
  }
}
