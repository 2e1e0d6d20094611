// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import Statistics
package import Training

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
        }, budget: try budget(of: variant.cell, cell), predictions: file,
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

  private func budget(of id: String, _ run: Cell.PredictionRun) throws -> ExperimentResults.Budget {
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

/// Summarises the runs of a row.
struct ResultsSummary {
  let runs: [ExperimentResults.Run]
  /// Of the test images, by the variants' files.
  let predictions: [String: Predictions]

  func variants() -> [ExperimentResults.VariantSummary] {
    (runs.first?.variants ?? []).map { first in
      let all = runs.compactMap { run in run.variants.first { $0.id == first.id } }
      let comparisons = all.compactMap(\.comparison)
      var summary = ExperimentResults.VariantSummary(
        id: first.id, title: first.title, against: first.comparison?.against,
        accuracy: .init(all.map(\.test.accuracy)))
      let training = all.compactMap { $0.training?.accuracy }
      if !training.isEmpty { summary.training = .init(training) }
      guard let against = summary.against, !comparisons.isEmpty else { return summary }
      summary.gain = .init(comparisons.map(\.gain))
      summary.fixed = Summary(comparisons.map { Double($0.fixed) }).mean
      summary.broken = Summary(comparisons.map { Double($0.broken) }).mean
      summary.p = CombinedPValue.ofDependent(comparisons.map(\.p))
      let interval = gainInterval(of: first.id, against: against)
      (summary.lower, summary.upper) = (interval.lower, interval.upper)
      return summary
    }
  }

  /// By a bootstrap over the images, each with its gain averaged over the seeds.
  private func gainInterval(of id: VariantID, against: VariantID) -> Interval {
    var gains: [Double] = []
    for run in runs {
      guard let after = run.variants.first(where: { $0.id == id }),
        let before = run.variants.first(where: { $0.id == against }),
        let own = predictions[after.predictions], let other = predictions[before.predictions]
      else { continue }
      if gains.isEmpty { gains = [Double](repeating: 0, count: own.labels.count) }
      let ofRun = PairedComparison.gains(
        before: other.classes, after: own.classes, labels: own.labels)
      for (index, gain) in ofRun.enumerated() { gains[index] += Double(gain) / Double(runs.count) }
    }
    var random = RandomGenerator(seed: 1)
    return PairedBootstrap().interval(ofMean: gains, random: &random)
  }

  /// Adjusts the p-values of each variant over all rows that are not contaminated.
  static func adjust(_ rows: inout [ExperimentResults.Row]) {
    let ids = Set(rows.flatMap { $0.summary.map(\.id) })
    for id in ids {
      let places = rows.indices.compactMap { row -> (row: Int, variant: Int, p: Double)? in
        guard !rows[row].isContaminated,
          let variant = rows[row].summary.firstIndex(where: { $0.id == id }),
          let p = rows[row].summary[variant].p
        else { return nil }
        return (row, variant, p)
      }
      for (place, adjusted) in zip(places, HolmAdjustment.adjusted(places.map(\.p))) {
        rows[place.row].summary[place.variant].adjustedP = adjusted
      }
    }
  }
}

extension ExperimentResults.Spread {
  init(_ values: [Double]) {
    let summary = Summary(values)
    self.init(mean: summary.mean, deviation: summary.standardDeviation)
  }
}

/// A model's predictions for every image as a safetensors file, from which statistics can be
/// computed again.
///
/// For each part `test` and, where it was measured, `training`: `PART/labels` and `PART/classes`
/// (I32), `PART/confidences` (F32, the probability of the predicted class) and `PART/losses` (F32,
/// −log of the probability of the true class), in the order of the data set's images.
package enum PredictionsFile {
  static func write(
    _ parts: [(name: String, predictions: Predictions)], to path: String
  ) throws(SafetensorsError) {
    try SafetensorsWriter.write(
      parts.flatMap { name, predictions in
        let shape = [predictions.labels.count]
        return [
          SafetensorsEntry(
            name: name + "/labels", shape: shape, integers: predictions.labels.map { Int32($0) }),
          SafetensorsEntry(
            name: name + "/classes", shape: shape, integers: predictions.classes.map { Int32($0) }),
          SafetensorsEntry(
            name: name + "/confidences", shape: shape, floats: predictions.confidences),
          SafetensorsEntry(name: name + "/losses", shape: shape, floats: predictions.losses),
        ]
      }, to: path)
  }

  /// Reads one part of a file.
  /// - Throws: `ExperimentError` when the file lacks the part or is damaged.
  package static func read(_ path: String, part: String = "test") throws(ExperimentError)
    -> Predictions
  {
    let file: SafetensorsFile
    do throws(SafetensorsError) { file = try SafetensorsFile(path) } catch {
      throw ExperimentError("\(path): \(error.problem.description)")
    }
    func values(_ name: String) throws(ExperimentError) -> [Float] {
      guard let tensor = file.tensor(named: "\(part)/\(name)") else {
        throw ExperimentError("\(path): lacks the tensor '\(part)/\(name)'")
      }
      return tensor.floats()
    }
    let (labels, classes) = (try values("labels"), try values("classes"))
    let (confidences, losses) = (try values("confidences"), try values("losses"))
    guard Set([labels.count, classes.count, confidences.count, losses.count]).count == 1,
      (labels + classes).allSatisfy({ $0 >= 0 && $0 < 1e6 }),
      (confidences + losses).allSatisfy(\.isFinite)
    else { throw ExperimentError("\(path): its tensors of '\(part)' do not fit together") }
    var predictions = Predictions()
    predictions.labels = labels.map { Int($0) }
    predictions.classes = classes.map { Int($0) }
    predictions.confidences = confidences
    predictions.losses = losses
    predictions.trueProbabilities = losses.map { ElementaryFunctions.exp(-$0) }
    return predictions
  }
}
