// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Which gradients a request needs.
struct GradientFlow {
  /// Whether the gradient of each node's output is needed: something that is trained, or a gradient
  /// that is asked for, lies in front of it.
  private(set) var isNeeded: [Bool]
  /// Whether the loss depends on each node.
  private(set) var reachesLoss: [Bool]

  init(_ graph: Graph, _ request: PlanRequest) {
    isNeeded = [Bool](repeating: false, count: graph.nodes.count)
    reachesLoss = isNeeded
    guard request.isTraining else { return }
    for (index, node) in graph.nodes.enumerated() {
      let learns = !request.frozenNodes.contains(index) && graph.canTrain(index)
      isNeeded[index] =
        learns || node.inputs.contains { isNeeded[$0] }
        || (index == 0 && request.wantsInputGradient) || request.keptGradients.contains(index)
    }
    for index in request.lossNodes { reachesLoss[index] = true }
    for index in graph.nodes.indices.reversed() where reachesLoss[index] {
      for input in graph.nodes[index].inputs { reachesLoss[input] = true }
    }
  }
}

/// Operator fusion: which activations the layer before them applies while it stores its output, so
/// that they need no step and no memory.
struct OperatorFusion {
  /// The activation that each node applies, beside its own operation.
  private(set) var activations: [ActivationFunction?]
  /// The node as which a step's output appears: the fused activation's, else its own.
  private(set) var outputNodes: [Int]
  /// Whether each node is an activation that the node before it applies.
  private(set) var isFused: [Bool]

  init(_ graph: Graph, _ request: PlanRequest, _ gradients: GradientFlow) {
    let consumers = graph.consumers
    activations = [ActivationFunction?](repeating: nil, count: graph.nodes.count)
    outputNodes = Array(graph.nodes.indices)
    isFused = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      guard case .activation(let layer) = node.operation else { continue }
      let producer = node.inputs[0]
      let isPinned =
        graph.outputs.contains(producer) || request.lossNodes.contains(producer)
        || request.keptValues.contains(producer) || request.keptGradients.contains(producer)
        || request.keptGradients.contains(index)
      guard graph.nodes[producer].operation.properties.fusesActivation,
        consumers[producer] == [index], graph.formats[producer] == graph.formats[index], !isPinned,
        !gradients.isNeeded[producer] || layer.function.hasGradientFromOutput,
        Self.isClamp(layer.function, of: graph.formats[index])
      else { continue }
      activations[producer] = layer.function
      outputNodes[producer] = index
      isFused[index] = true
    }
  }

  /// Whether the function only limits integers of such a format; of floats layers apply any.
  private static func isClamp(_ function: ActivationFunction, of format: ValueFormat) -> Bool {
    format.quantization.map { function.integerRange($0) != nil } ?? true
  }
}
