// SPDX-License-Identifier: Apache-2.0
import Datasets
import Network
import Scenes
import Training

extension Experiment.Suites {
  /// How many times the test images are classified.
  fileprivate var pictureSetCount: Int {
    let corrupted = corruption.map { 1 + Corruption.allCases.count * $0.count } ?? 0
    return (background == true ? BackgroundVariant.allCases.count : 0) + corrupted
  }
}

/// The cost of cells, known before they run.
struct ExperimentCost {
  let plan: ExperimentPlan
  let facts: [String: DataFacts]
  let models: ModelFiles

  /// Of one forward pass of one image through a model, and its parameters.
  struct ModelCost: Equatable {
    var multiplyAccumulates: Int64 = 0
    var parameters = 0

    init() {}

    init(_ graph: Graph) {
      multiplyAccumulates = graph.multiplyAccumulates
      parameters = graph.nodes.indices.reduce(0) { sum, node in
        sum + graph.parameters(of: node).reduce(0) { $0 + $1.count }
      }
    }

    static func + (left: ModelCost, right: ModelCost) -> ModelCost {
      var sum = left
      sum.multiplyAccumulates += right.multiplyAccumulates
      sum.parameters += right.parameters
      return sum
    }
  }

  /// Of the classifier that a cell trains or uses. One that was trained jointly has its enhancer in
  /// it.
  func classifier(of cell: Cell) throws -> ModelCost {
    guard let facts = facts[cell.images.data] else { return ModelCost() }
    switch cell.classifier {
    case .new(let model):
      return ModelCost(
        try model.graph(
          height: facts.height, width: facts.width, classCount: facts.classes.count))
    case .trained(let id):
      guard let parent = plan.cells[id] else { return ModelCost() }
      let cost = try classifier(of: parent)
      return parent.enhancer == nil ? cost : cost + (try enhancer(of: parent))
    case .file(let path, _): return ModelCost(try models.graph(of: path))
    case nil: return ModelCost()
    }
  }

  /// Of the enhancer that a cell trains or uses; nothing for one that changes nothing.
  func enhancer(of cell: Cell) throws -> ModelCost {
    guard let facts = facts[cell.images.data] else { return ModelCost() }
    switch cell.enhancer {
    case .new(let model):
      return ModelCost(try model.graph(height: facts.height, width: facts.width))
    case .trained(let id): return try plan.cells[id].map { try enhancer(of: $0) } ?? ModelCost()
    case .identity, nil: return ModelCost()
    }
  }

  /// Images that a cell trains on in all its epochs, if it runs all of them.
  func samples(of cell: Cell) -> Int {
    guard case .training(let run) = cell, let facts = facts[run.images.data] else { return 0 }
    var count = Double(facts.training)
    switch run.part {
    case .all: count *= 1 - run.images.validation
    case .firstHalf, .secondHalf: count *= (1 - run.images.validation) / 2
    case .allAndTest: count = count * (1 - run.images.validation) + Double(facts.test)
    }
    let batch = min(run.options.batchSize, Int(count))
    return batch == 0 ? 0 : Int(count) / batch * batch * run.options.epochs
  }

  /// Multiply-accumulates of all that a cell does, but for its validation.
  func work(of cell: Cell) throws -> Double {
    guard let facts = facts[cell.images.data] else { return 0 }
    let classifier = Double(try classifier(of: cell).multiplyAccumulates)
    let enhancer = Double(try enhancer(of: cell).multiplyAccumulates)
    switch cell {
    case .training(let run):
      let samples = Double(samples(of: cell))
      switch run.phase {
      case .classifier: return 3 * classifier * samples
      case .reconstruct: return 3 * enhancer * samples
      case .enhance: return (3 * enhancer + 2 * classifier) * samples
      case .joint: return 3 * (enhancer + classifier) * samples
      }
    case .predictions(let run):
      let validation = run.images.validation
      var images = Double(facts.test * (run.averagesFlips ? 2 : 1))
      if run.predictsTraining { images += Double(facts.training) * (1 - validation) }
      images += Double(facts.training) * validation * Double(run.filters.count)
      return (enhancer + classifier) * images
    case .suites(let run):
      let images = Double(min(facts.test, run.suites.images ?? facts.test))
      return (enhancer + 2 * classifier) * images * Double(run.suites.pictureSetCount)
    }
  }
}
