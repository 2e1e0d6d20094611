// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels
public import Network

/// The sanity check of Adebayo et al. (arXiv:1810.03292): layers lose what they have learnt, from
/// the scores down, one after the other; an explanation that stays the same did not depend on it.
public struct ParameterRandomization {
  /// Nodes that have learnt something, from the last to the first.
  public let nodes: [Int]
  private let model: Model
  private let fresh: ParameterStore

  /// - Parameter seed: what the new parameters are drawn from, each as it is before training.
  public init(_ model: Model, seed: UInt64) throws(ExplanationError) {
    guard let fresh = ParameterStore(model.graph) else {
      throw .outOfMemory(byteCount: 4 * model.parameters.count)
    }
    // Not what training with the same seed has started from: much of that is left in the model.
    fresh.initialize(seed: RandomGenerator(seed: seed, stream: .max).state)
    self.model = model
    self.fresh = fresh
    nodes = model.graph.nodes.indices.reversed().filter { node in
      fresh.entries(of: node).contains { $0.declaration.role.isLearnt }
    }
  }

  /// The model with the last `count` of its learnt layers as they were before training.
  public func model(randomizing count: Int) throws(ExplanationError) -> Model {
    guard let parameters = ParameterStore(model.graph) else {
      throw .outOfMemory(byteCount: 4 * model.parameters.count)
    }
    parameters.copyParameters(from: model.parameters)
    for node in nodes.prefix(count) {
      for (old, new) in zip(parameters.entries(of: node), fresh.entries(of: node))
      where old.declaration.role.isLearnt {
        _ = parameters.values(of: old).update(fromContentsOf: fresh.values(of: new))
      }
    }
    return model.replacing(model.graph, parameters)
  }
}
