// SPDX-License-Identifier: Apache-2.0
import Datasets
import Network
import Training

extension Experiment.Suites {
  /// How many times the test images are classified.
  fileprivate var pictureSetCount: Int {
    let corrupted = corruption.map { 1 + Corruption.allCases.count * $0.count } ?? 0
    return (background == true ? BackgroundVariant.allCases.count : 0) + corrupted
  }
}

/// What cells cost, counted before they run.
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

  /// Of the classifier that a cell trains or uses; of `joint`, with the enhancer in it.
  func classifier(of cell: Cell) throws -> ModelCost {
    guard let facts = facts[cell.data], let source = cell.classifier else { return ModelCost() }
    switch source {
    case .new(let model):
      return ModelCost(
        try model.graph(
          height: facts.height, width: facts.width, classCount: facts.classes.count))
    case .trained(let id):
      guard let parent = plan.cells[id] else { return ModelCost() }
      let cost = try classifier(of: parent)
      return parent.work == .joint ? cost + (try enhancer(of: parent)) : cost
    case .file(let path, _): return ModelCost(try models.graph(of: path))
    case .identity: return ModelCost()
    }
  }

  func enhancer(of cell: Cell) throws -> ModelCost {
    guard let facts = facts[cell.data], let source = cell.enhancer else { return ModelCost() }
    switch source {
    case .new(let model):
      return ModelCost(try model.graph(height: facts.height, width: facts.width))
    case .trained(let id): return try plan.cells[id].map { try enhancer(of: $0) } ?? ModelCost()
    case .file, .identity: return ModelCost()
    }
  }

  /// Images that a cell trains on in all its epochs, if it runs all of them.
  func samples(of cell: Cell) -> Int {
    guard let facts = facts[cell.data], let options = cell.options else { return 0 }
    var count = Double(facts.training)
    switch cell.images {
    case .all: count *= 1 - cell.validation
    case .firstHalf, .secondHalf: count *= (1 - cell.validation) / 2
    case .allAndTest: count = count * (1 - cell.validation) + Double(facts.test)
    }
    let batch = min(options.batchSize, Int(count))
    return batch == 0 ? 0 : Int(count) / batch * batch * options.epochs
  }

  /// Multiply-accumulates of all that a cell does, but for its validation.
  func work(of cell: Cell) throws -> Double {
    let classifier = Double(try classifier(of: cell).multiplyAccumulates)
    let enhancer = Double(try enhancer(of: cell).multiplyAccumulates)
    let samples = Double(samples(of: cell))
    switch cell.work {
    case .classifier: return 3 * classifier * samples
    case .reconstruct: return 3 * enhancer * samples
    case .enhance: return (3 * enhancer + 2 * classifier) * samples
    case .joint: return 3 * (enhancer + classifier) * samples
    case .predict:
      guard let facts = facts[cell.data] else { return 0 }
      var images = Double(facts.test * (cell.averagesFlips ? 2 : 1))
      if cell.predictsTraining { images += Double(facts.training) * (1 - cell.validation) }
      images += Double(facts.training) * cell.validation * Double(cell.filters.count)
      return (enhancer + classifier) * images
    case .assess:
      guard let facts = facts[cell.data], let suites = cell.suites else { return 0 }
      let images = Double(min(facts.test, suites.images ?? facts.test))
      return (enhancer + 2 * classifier) * images * Double(suites.pictureSetCount)
    }
  }
}
