// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Buffer aliasing: whose memory each node's output and its gradient lie in.
struct BufferAliasing {
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
  private let graph: Graph
  private let request: PlanRequest
  private let consumers: [[Int]]

  init(_ graph: Graph, _ request: PlanRequest, _ fusion: OperatorFusion) {
    self.graph = graph
    self.request = request
    consumers = graph.consumers
    places = graph.nodes.indices.map { node in
      fusion.outputNodes[node] == node ? .own : .same(fusion.outputNodes[node])
    }
    for index in graph.nodes.indices { placeIdentity(index) }
    for index in graph.nodes.indices { placeConcatenated(index) }
  }

  /// The root's memory and the part of it in which a node's output lies.
  func location(of node: Int) -> Location {
    switch places[node] {
    case .own: return Location(root: node, channelOffset: 0, isSlice: false)
    case .same(let other): return location(of: other)
    case .slice(let other, let offset):
      var location = location(of: other)
      location.channelOffset += offset
      location.isSlice = true
      return location
    }
  }

  /// The node that stands for all nodes that lie in the very same place.
  func representative(of node: Int) -> Int {
    if case .same(let other) = places[node] { return representative(of: other) }
    return node
  }

  /// Whether the node does nothing, because its output lies where its input does.
  func vanishes(_ node: Int) -> Bool {
    if case .same = places[node] {
      return graph.nodes[node].operation.properties.identity != .never
    }
    return false
  }

  private mutating func placeIdentity(_ index: Int) {
    switch graph.nodes[index].operation.properties.identity {
    case .never: return
    case .inInference where request.isTraining && !request.frozenNodes.contains(index): return
    case .inInference, .always: break
    }
    let input = graph.nodes[index].inputs[0]
    if !graph.isConstant(input), canShareGradient(input, with: index) {
      places[index] = .same(input)
    }
  }

  private mutating func placeConcatenated(_ index: Int) {
    guard case .concatenation(let layer) = graph.nodes[index].operation, layer.axis == .channels
    else { return }
    var offset = 0
    for input in graph.nodes[index].inputs {
      let isOnce = graph.nodes[index].inputs.filter { $0 == input }.count == 1
      // An identity's consumers may come after the concatenation's.
      let needsWhole = consumers[input].contains {
        let properties = graph.nodes[$0].operation.properties
        return properties.needsContiguousInput || properties.identity != .never
      }
      if places[input] == .own, !graph.nodes[input].operation.properties.isSource, isOnce,
        !needsWhole, !graph.outputs.contains(input), canShareGradient(input, with: index)
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
  private func canShareGradient(_ input: Int, with consumer: Int) -> Bool {
    if !request.isTraining { return true }
    let pinned = request.lossNodes + request.keptGradients
    return consumers[input].last == consumer && !pinned.contains(input)
      && !pinned.contains(consumer)
  }
}
