// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Which nodes run as steps, which are fused into others, and whose memory each node's output lies
/// in.
struct Wiring {
  /// Where the output of a node lies.
  enum Place: Equatable {
    /// In memory of its own.
    case own
    /// In the same place as another node's output.
    case same(Int)
    /// In some of the channels of another node's output.
    case slice(of: Int, channelOffset: Int)
  }

  /// A node's output as a part of a root's memory.
  struct Location {
    var root: Int
    var channelOffset: Int
    /// Whether the output is some of the root's channels, rather than all of its elements.
    var isSlice: Bool
  }

  private(set) var places: [Place]
  /// The activation that each step applies while it stores.
  private(set) var fusedActivations: [ActivationFunction?]
  /// The node as which a step's output appears: the fused activation's, else its own.
  private(set) var outputNodes: [Int]
  /// Nodes with a forward step, in order.
  private(set) var steps: [Int] = []
  /// Whether the gradient of each node's output is needed: something that is trained lies behind
  /// it.
  private(set) var needsGradient: [Bool]
  /// Whether the loss depends on each node.
  private(set) var reachesLoss: [Bool]
  private let consumers: [[Int]]

  init(_ graph: Graph, _ request: PlanRequest) {
    let count = graph.nodes.count
    consumers = graph.consumers
    places = [Place](repeating: .own, count: count)
    fusedActivations = [ActivationFunction?](repeating: nil, count: count)
    outputNodes = Array(0..<count)
    needsGradient = [Bool](repeating: false, count: count)
    reachesLoss = [Bool](repeating: false, count: count)
    findGradients(graph, request)
    for index in 0..<count { fuseActivation(index, graph, request) }
    for index in 0..<count { placeIdentity(index, graph, request) }
    for index in 0..<count { placeConcatenated(index, graph, request) }
    let fused = Set(outputNodes.indices.filter { outputNodes[$0] != $0 }.map { outputNodes[$0] })
    steps = (0..<count).filter { index in
      switch graph.nodes[index].operation {
      case .input, .constant: return false
      default: return !fused.contains(index) && !isIdentity(index, graph)
      }
    }
  }

  /// The root's memory and the part of it in which a node's output lies.
  func location(of node: Int) -> Location {
    switch places[node] {
    case .own: Location(root: node, channelOffset: 0, isSlice: false)
    case .same(let other): location(of: other)
    case .slice(let other, let offset):
      {
        var location = location(of: other)
        location.channelOffset += offset
        location.isSlice = true
        return location
      }()
    }
  }

  /// Whether a step of the node takes part in the backward run.
  func hasBackwardStep(_ node: Int) -> Bool {
    reachesLoss[outputNodes[node]] && needsGradient[node]
  }

  private mutating func findGradients(_ graph: Graph, _ request: PlanRequest) {
    guard request.isTraining else { return }
    for (index, node) in graph.nodes.enumerated() {
      let learns =
        !request.frozenNodes.contains(index)
        && graph.parameters(of: index).contains { $0.role.isLearnt }
      needsGradient[index] =
        learns || node.inputs.contains { needsGradient[$0] }
        || (index == 0 && request.wantsInputGradient) || request.keptGradients.contains(index)
    }
    for index in request.lossNodes { reachesLoss[index] = true }
    for index in graph.nodes.indices.reversed() where reachesLoss[index] {
      for input in graph.nodes[index].inputs { reachesLoss[input] = true }
    }
  }

  private mutating func fuseActivation(_ index: Int, _ graph: Graph, _ request: PlanRequest) {
    guard case .activation(let layer) = graph.nodes[index].operation else { return }
    let producer = graph.nodes[index].inputs[0]
    let isPinned =
      graph.outputs.contains(producer) || request.lossNodes.contains(producer)
      || request.keptValues.contains(producer) || request.keptGradients.contains(producer)
      || request.keptGradients.contains(index)
    guard graph.nodes[producer].operation.fusesActivation, consumers[producer] == [index],
      graph.formats[producer] == graph.formats[index], !isPinned,
      !needsGradient[producer] || layer.function.hasGradientFromOutput,
      isClamp(layer.function, of: graph.formats[index])
    else { return }
    fusedActivations[producer] = layer.function
    outputNodes[producer] = index
    places[producer] = .same(index)
  }

  /// Whether the function only limits integers of such a format; of floats layers apply any.
  private func isClamp(_ function: ActivationFunction, of format: ValueFormat) -> Bool {
    format.quantization.map { function.integerRange($0) != nil } ?? true
  }

  /// Dropout does nothing in inference and where it is frozen, reshaping never: then the output
  /// lies where the input does.
  private func isIdentity(_ index: Int, _ graph: Graph) -> Bool {
    switch graph.nodes[index].operation {
    case .dropout, .reshape:
      if case .same = places[index] { true } else { false }
    default: false
    }
  }

  private mutating func placeIdentity(_ index: Int, _ graph: Graph, _ request: PlanRequest) {
    switch graph.nodes[index].operation {
    case .dropout where request.isTraining && !request.frozenNodes.contains(index): return
    case .dropout, .reshape: break
    default: return
    }
    let input = graph.nodes[index].inputs[0]
    if !graph.isConstant(input), canShareGradient(input, with: index, request) {
      places[index] = .same(input)
    }
  }

  private mutating func placeConcatenated(_ index: Int, _ graph: Graph, _ request: PlanRequest) {
    guard case .concatenation(let layer) = graph.nodes[index].operation, layer.axis == .channels
    else { return }
    var offset = 0
    for input in graph.nodes[index].inputs {
      let isOnce = graph.nodes[index].inputs.filter { $0 == input }.count == 1
      // Dense layers want whole pixels, and an identity's consumers may come after the
      // concatenation's.
      let needsWhole = consumers[input].contains {
        switch graph.nodes[$0].operation {
        case .dense, .dropout, .reshape: true
        default: false
        }
      }
      let isStep =
        switch graph.nodes[input].operation {
        case .input, .constant: false
        default: true
        }
      if places[input] == .own, isStep, isOnce, !needsWhole, !graph.outputs.contains(input),
        canShareGradient(input, with: index, request)
      {
        places[input] = .slice(of: index, channelOffset: offset)
      }
      offset += graph.shapes[input].channels
    }
  }

  /// Whether the gradient of `input` may lie where that of its consumer lies: the consumer's must
  /// be the first contribution to it, so the consumer comes last, and no loss contributes before
  /// it. What later contributions make of it is no longer the consumer's, so that one must not be
  /// kept.
  private func canShareGradient(_ input: Int, with consumer: Int, _ request: PlanRequest) -> Bool {
    if !request.isTraining { return true }
    let pinned = request.lossNodes + request.keptGradients
    return consumers[input].last == consumer && !pinned.contains(input)
      && !pinned.contains(consumer)
  }
}
