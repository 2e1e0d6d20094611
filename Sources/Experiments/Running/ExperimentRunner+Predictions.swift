// SPDX-License-Identifier: Apache-2.0
import Datasets
import Interchange
import Network
import Training

extension ExperimentRunner {
  /// Writes what a model says of the test images, and of the training images where asked for.
  func predict(_ cell: Cell, _ folder: CellFolder) throws -> CellRecord {
    guard let parts = images[cell.data] else {
      throw ExperimentError("the data '\(cell.data)' are not at hand")
    }
    var record = CellRecord(cell: cell)
    let classifier = try classifier(cell)
    var model = classifier
    if cell.enhancer != nil {
      let both = try Model.composed(
        enhancer: try enhancer(cell, parts.test), classifier: classifier)
      guard let both else { throw AssessmentError.outOfMemory }
      model = both
    }
    let evaluator = try Evaluator(model, pool, batch: batch, averagesFlips: cell.averagesFlips)
    let split = try images(of: cell)
    var test = parts.test
    if !cell.filters.isEmpty, let validation = split.validation {
      let filter = try bestFilter(evaluator, validation)
      record.filter = filter.description
      test = try test.filtered(by: filter)
    }
    var predictions = [("test", try evaluator.predictions(for: test))]
    if cell.predictsTraining {
      predictions.append(("training", try evaluator.predictions(for: split.training)))
    }
    try PredictionsFile.write(predictions, to: folder.predictionsPath)
    return record
  }

  private func bestFilter(_ evaluator: Evaluator, _ validation: Dataset) throws -> FixedFilter {
    var best = (filter: FixedFilter.candidates[0], accuracy: -1.0)
    for filter in FixedFilter.candidates {
      let predictions = try evaluator.predictions(for: try validation.filtered(by: filter))
      if predictions.accuracy > best.accuracy { best = (filter, predictions.accuracy) }
    }
    return best.filter
  }
}
