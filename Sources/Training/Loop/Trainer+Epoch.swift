// SPDX-License-Identifier: Apache-2.0
import Datasets
import Network

extension Trainer {
  /// Measures the validation set, keeps the model if it is the best so far, and begins the next
  /// epoch's sums.
  func endEpoch() throws(TrainingError) -> (TrainingProgress.EpochRecord, isBest: Bool) {
    let epoch = progress.position.epoch - 1
    var record = TrainingProgress.EpochRecord(
      epoch: epoch, step: progress.step, trainingLoss: progress.epoch.meanLoss,
      trainingAccuracy: task.phase == .reconstruct ? nil : progress.epoch.accuracy)
    let measurement = try whileRounded(evaluatedParameters, measureValidation)
    if let measurement, !measurement.loss.isFinite {
      throw .notFinite(
        epoch: epoch, batch: loader.batchesPerEpoch - 1,
        culprit: "the validation loss is not finite" + Diagnosis.reach(of: self))
    }
    record.validationLoss = measurement?.loss
    record.validationAccuracy = task.phase == .reconstruct ? nil : measurement?.accuracy
    let score =
      task.isUnsupervised
      ? Double(epoch)
      : measurement.map { task.phase == .reconstruct ? -$0.loss : $0.accuracy } ?? Double(epoch)
    let isBest = progress.best.map { score > $0.score } ?? true
    if isBest {
      progress.best = TrainingProgress.Best(epoch: epoch, score: score)
      try whileRounded(evaluatedParameters, saveBest)
    }
    progress.history.append(record)
    progress.epoch = TrainingProgress.Totals()
    try folder?.log(record)
    return (record, isBest)
  }

  /// The parameters that count: the average where one is kept.
  var evaluatedParameters: ParameterStore {
    if options.averaging == .exponential, let average { return average.average }
    return session.parameters
  }

  private func measureValidation() throws(TrainingError) -> (loss: Double, accuracy: Double)? {
    guard let validation = task.validation else { return nil }
    var model = task.model
    model.parameters = evaluatedParameters
    let evaluator = try Evaluator(model, pool, batch: loader.configuration.batchSize)
    if task.phase == .reconstruct {
      let clean = task.cleanValidation
      return (try evaluator.meanSquaredError(on: validation, clean: clean), 0)
    }
    let predictions = try evaluator.predictions(for: validation)
    return (predictions.meanLoss, predictions.accuracy)
  }

  /// Copies the enhancer's parameters out of the composed model.
  func extractEnhancer() {
    evaluatedParameters.extractParameters(
      into: task.savedModel.parameters, prefix: Model.enhancerPrefix)
  }
}
