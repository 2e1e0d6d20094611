// SPDX-License-Identifier: Apache-2.0
import Statistics
import Training

extension ExperimentRunner {
  /// The results, when all cells are done.
  func results() throws -> ExperimentResults {
    var predictions: [String: Predictions] = [:]
    var rows = try plan.rows.map { planned in
      let runs = try planned.runs.map { run in
        let suites = run.suites.flatMap { CellFolder(folder, $0).record }
        return ExperimentResults.Run(
          seed: run.seed, variants: try variants(of: run, planned.row, &predictions),
          background: suites?.background, corruption: suites?.corruption)
      }
      guard let facts = facts[planned.row.data] else {
        throw ExperimentError("the data '\(planned.row.data)' are not at hand")
      }
      return ExperimentResults.Row(
        name: planned.row.name, title: planned.row.title ?? planned.row.name,
        isContaminated: planned.row.isContaminated ?? false, data: facts, runs: runs,
        summary: ResultsSummary(runs: runs, predictions: predictions).variants())
    }
    ResultsSummary.adjust(&rows)
    return ExperimentResults(experiment: experiment, rows: rows)
  }

  /// - Parameter predictions: those of the test images that were read already, by their files.
  private func variants(
    of run: ExperimentPlan.Run, _ row: Experiment.Row, _ predictions: inout [String: Predictions]
  ) throws -> [ExperimentResults.Variant] {
    var files: [VariantID: String] = [:]
    return try run.variants.map { variant in
      guard case .predictions(let cell) = plan.cells[variant.cell] else {
        throw ExperimentError("\(variant.cell): is not planned")
      }
      let folder = CellFolder(self.folder, variant.cell)
      let file = "cells/\(variant.cell)/predictions.safetensors"
      let own = try predictions[file] ?? PredictionsFile.read(folder.predictionsPath)
      (predictions[file], files[variant.id]) = (own, file)
      let training =
        cell.predictsTraining
        ? try PredictionsFile.read(folder.predictionsPath, part: "training") : nil
      return ExperimentResults.Variant(
        id: variant.id, title: variant.title, test: .init(own),
        training: training.map { .init($0) },
        comparison: variant.against.flatMap { against in
          files[against].flatMap { predictions[$0] }.map {
            .init(before: $0, after: own, against: against, run.seed)
          }
        }, budget: try budget(of: variant.cell, cell),
        predictions: file,
        classifier: Self.file(of: cell.classifier), enhancer: cell.enhancer.flatMap(Self.file),
        filter: folder.record?.filter)
    }
  }

  private static func file(of source: Cell.ClassifierSource) -> String? {
    switch source {
    case .trained(let id): "cells/\(id)/best.safetensors"
    case .file(let path, _): path
    case .new: nil
    }
  }

  private static func file(of source: Cell.EnhancerSource) -> String? {
    if case .trained(let id) = source { "cells/\(id)/best.safetensors" } else { nil }
  }

  private func budget(
    of id: String, _ run: Cell.PredictionRun
  ) throws -> ExperimentResults.Budget {
    let cell = Cell.predictions(run)
    let model = try cost.classifier(of: cell) + (try cost.enhancer(of: cell))
    let records = plan.trainingCells(behind: id).compactMap { CellFolder(folder, $0).record }
    return ExperimentResults.Budget(
      samples: records.reduce(0) { $0 + $1.samples },
      trainingMultiplyAccumulates: records.reduce(0) { $0 + $1.multiplyAccumulates },
      parameters: model.parameters,
      multiplyAccumulates: model.multiplyAccumulates * (run.averagesFlips ? 2 : 1))
  }

  /// How long the training behind each variant has taken.
  package var times: ExperimentTimes {
    ExperimentTimes(
      variants: plan.rows.flatMap { row in
        row.runs.flatMap { run in
          run.variants.map { variant in
            let times = plan.trainingCells(behind: variant.cell).map { CellFolder(folder, $0).time }
            return ExperimentTimes.Variant(
              row: row.row.name, seed: run.seed, id: variant.id,
              seconds: times.reduce(0) { $0 + $1.seconds },
              cpuSeconds: times.reduce(0) { $0 + $1.cpuSeconds })
          }
        }
      })
  }
}

extension ExperimentResults.Accuracy {
  init(_ predictions: Predictions) {
    images = predictions.labels.count
    right = zip(predictions.labels, predictions.classes).count { $0 == $1 }
    accuracy = predictions.accuracy
    loss = predictions.meanLoss
    let interval = Interval.wilson(right, of: images)
    (lower, upper) = (interval.lower, interval.upper)
  }
}

extension ExperimentResults.Comparison {
  init(before: Predictions, after: Predictions, against: VariantID, _ seed: UInt64) {
    let gain = PairedGain(
      before: before.classes, after: after.classes, labels: after.labels, seed: seed)
    self.init(
      against: against, fixed: gain.fixed, broken: gain.broken, gain: gain.difference.value,
      lower: gain.difference.lower, upper: gain.difference.upper, p: gain.pValue)
  }
}
