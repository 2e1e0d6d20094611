// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// What a graph is compiled for.
public struct PlanRequest: Sendable {
  /// Examples a run.
  public var batch: Int
  /// Threads of the pool that will run it.
  public var threadCount: Int
  /// Nodes at whose output a loss sets the gradient. Empty: inference.
  public var lossNodes: [Int] = []
  /// Nodes whose parameters stay as they are: they get no weight gradient and no memory for it, and
  /// their normalisation and dropout stay in inference mode.
  public var frozenNodes: Set<Int> = []
  /// Whether the gradient of the graph's input is wanted.
  public var wantsInputGradient = false
  /// The CPU that integer weights are packed for. A plan for another CPU packs and cannot run.
  package var packing = PackingLayout.native
  /// Nodes whose output must still be there after the run.
  public var keptValues: [Int] = []
  /// Nodes whose output's gradient must still be there after the backward run.
  public var keptGradients: [Int] = []

  /// Inference.
  public init(batch: Int, threadCount: Int) {
    self.batch = batch
    self.threadCount = threadCount
  }

  /// Whether there is a loss.
  public var isTraining: Bool { !lossNodes.isEmpty }
}

/// Why there is no plan for a request.
public enum PlanError: Error, Equatable, Sendable {
  /// A gradient is wanted that would have to pass through the node, whose operation has none for
  /// such numbers: train the model's fake-quantised form, or ask for no gradient in front of it.
  case noGradient(node: String, operation: String, format: ValueFormat)

  /// One line for people.
  public var message: String {
    switch self {
    case .noGradient(let node, let operation, let format):
      "node '\(node)' (\(operation)) has no gradient where it computes with \(format.text)"
    }
  }
}
