// SPDX-License-Identifier: Apache-2.0
import Assessments
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

  private func task(
    for cell: Cell.TrainingRun, _ images: CellImages
  ) throws -> (TrainingTask, measuresError: Bool) {
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
          cleanTraining: towardsClean ? images.cleanTraining : nil,
          validation: images.validation,
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
          validation: images.validation), false
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
      return try EnhancerSpecification(width: 4, depth: 1, head: "residual")
        .model(for: images, seed: 1)
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
}
