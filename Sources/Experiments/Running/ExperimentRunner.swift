// SPDX-License-Identifier: Apache-2.0
package import Datasets
import Foundation
package import Kernels
import Network
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
  ///
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
}
