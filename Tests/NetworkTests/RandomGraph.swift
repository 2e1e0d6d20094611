// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// A graph that nobody would design: whatever fits, connected at random, all of it leading to the
/// output.
struct RandomGraph {
  private(set) var graph = Graph()
  private var random: RandomGenerator
  /// Nodes to choose inputs from.
  private var candidates: [Int] = []

  static func make(seed: UInt64, nodeCount: Int = 24) throws(GraphError) -> Graph {
    var maker = RandomGraph(random: RandomGenerator(seed: seed, stream: 99))
    maker.candidates = [try maker.graph.input(height: 8, width: 6, channels: 3)]
    while maker.graph.nodes.count < nodeCount { try maker.addLayer() }
    try maker.join()
    return maker.graph
  }

  private init(random: RandomGenerator) { self.random = random }

  private var nextName: String { "n\(graph.nodes.count)" }

  private mutating func addLayer() throws(GraphError) {
    let input = candidates[random.index(below: candidates.count)]
    let shape = graph.shapes[input]
    let alike = candidates.filter { graph.shapes[$0] == shape }
    let sameSize = candidates.filter {
      graph.shapes[$0].height == shape.height && graph.shapes[$0].width == shape.width
    }
    let functions: [ActivationFunction] = [.relu, .gelu, .sigmoid, .leakyReLU(slope: 0.1)]
    let name = nextName
    let node: Int
    switch random.index(below: 10) {
    case 0, 1:
      node = try graph.convolution(
        name, input, channels: 1 + random.index(below: 6), kernel: 3,
        activation: functions[random.index(below: functions.count)])
    case 2:
      node = try graph.normalizedConvolution(
        name, input, channels: 1 + random.index(below: 6), kernel: 1)
    case 3:
      node = try graph.activation(name, input, functions[random.index(below: functions.count)])
    case 4:
      node = try graph.add(
        name, .addition(AdditionLayer()), [input, alike[random.index(below: alike.count)]])
    case 5, 6:
      let others = (0...random.index(below: 3)).map { _ in
        sameSize[random.index(below: sameSize.count)]
      }
      // Widths double at each concatenation of concatenations.
      guard shape.channels < 24 else { return }
      node = try graph.add(name, .concatenation(ConcatenationLayer()), [input] + others)
    case 7:
      node = try graph.add(name, .dropout(DropoutLayer(rate: 0.25)), [input])
    case 8:
      node = try graph.add(name, .batchNormalization(BatchNormalizationLayer()), [input])
    default:
      guard shape.height >= 4, shape.width >= 4 else { return }
      node = try graph.maxPool(name, input)
    }
    candidates.append(node)
  }

  /// Sums a dense layer over every node that nobody reads.
  private mutating func join() throws(GraphError) {
    let consumers = graph.consumers
    var sum: Int?
    for leaf in graph.nodes.indices where consumers[leaf].isEmpty {
      let units = try graph.dense(nextName, leaf, units: 3)
      if let first = sum {
        sum = try graph.add(nextName, .addition(AdditionLayer()), [first, units])
      } else {
        sum = units
      }
    }
  }
}
