// SPDX-License-Identifier: Apache-2.0
import Training

/// The cells of an experiment, each once and after those that it needs, and how rows use them.
package struct ExperimentPlan {
  /// One way to predict the test images of a row.
  package struct Variant {
    package var id: VariantID
    var title: String
    /// The variant that it is compared with.
    package var against: VariantID?
    /// The cell that predicts.
    package var cell: String
  }

  package struct Run {
    var seed: UInt64
    package var variants: [Variant]
    /// The cell of the row's suites.
    var suites: String?
  }

  package struct Row {
    var row: Experiment.Row
    package var runs: [Run]
  }

  package private(set) var rows: [Row] = []
  /// The cells' names, each behind those that it needs.
  package private(set) var order: [String] = []
  package private(set) var cells: [String: Cell] = [:]

  /// - Parameter facts: of every data set that a row names.
  package init(_ experiment: Experiment, facts: [String: DataFacts], models: ModelFiles) throws {
    for row in experiment.rows {
      guard let own = facts[row.data], let known = facts[row.classifierData ?? row.data] else {
        continue
      }
      guard own.classes == known.classes, (own.height, own.width) == (known.height, known.width)
      else {
        throw ExperimentError(
          "row \(row.name): the images of '\(row.data)' and of '\(row.classifierData ?? "")' "
            + "differ in size or classes")
      }
      var runs: [Run] = []
      for seed in 1...UInt64(experiment.seeds) {
        var planner = RowPlanner(
          experiment: experiment, row: row, seed: seed, facts: own, classifierFacts: known,
          models: models)
        try planner.plan()
        for cell in planner.cells where cells[cell.id] == nil {
          order.append(cell.id)
          cells[cell.id] = cell
        }
        runs.append(Run(seed: seed, variants: planner.variants, suites: planner.suites))
      }
      rows.append(Row(row: row, runs: runs))
    }
  }

  /// The cells that trained what a cell uses, each once.
  func trainingCells(behind id: String) -> [String] {
    guard let cell = cells[id] else { return [] }
    var found: [String] = []
    for parent in cell.parents {
      for ancestor in trainingCells(behind: parent) + [parent] where !found.contains(ancestor) {
        found.append(ancestor)
      }
    }
    return found
  }
}
