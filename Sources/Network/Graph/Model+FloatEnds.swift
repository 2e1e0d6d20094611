// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Model {
  /// The model with its own preprocessing and conversions at its ends, so that whoever uses it
  /// writes images in [0, 1] and reads floats, which of an enhancer are images in [0, 1] again: the
  /// model itself where it has no other.
  /// - Returns: `nil` when memory is out.
  public func withFloatEnds() throws(GraphError) -> Model? {
    let borders = graph.inputs + graph.outputs
    if preprocessing.isUnitRange, borders.allSatisfy({ graph.formats[$0] == .float32 }) {
      return self
    }
    var builder = ModelBuilder()
    var indices: [Int] = []
    for (index, node) in graph.nodes.enumerated() {
      if case .input = node.operation {
        indices.append(try addInput(index, to: &builder))
      } else {
        indices.append(
          try builder.add(copyOf: index, in: self, inputs: node.inputs.map { indices[$0] }))
      }
    }
    var outputs: [Int] = []
    for output in graph.outputs {
      outputs.append(try addOutput(output, indices[output], to: &builder))
    }
    try builder.graph.setOutputs(outputs)
    var result = builder.finished(like: self)
    result?.preprocessing = Preprocessing(mean: [0], deviation: [255], crop: preprocessing.crop)
    result?.packedWeights = packedWeights
    return result
  }

  private func addInput(_ index: Int, to builder: inout ModelBuilder) throws(GraphError) -> Int {
    let (node, format) = (graph.nodes[index], graph.formats[index])
    let isPlain = preprocessing.isUnitRange || index != graph.inputs[0]
    if isPlain && format == .float32 { return try builder.add(node.name, node.operation) }
    var result = try builder.add(node.name + "/image", node.operation)
    if !isPlain {
      let affine = ChannelAffineLayer(
        multiplier: preprocessing.deviation.map { 255 / $0 }, shift: preprocessing.shifts)
      result = try builder.add(
        format == .float32 ? node.name : node.name + "/floats", .channelAffine(affine), [result])
    }
    if format == .float32 { return result }
    return try builder.add(node.name, .conversion(ConversionLayer()), [result], format: format)
  }

  private func addOutput(
    _ index: Int, _ node: Int, to builder: inout ModelBuilder
  ) throws(GraphError) -> Int {
    var result = node
    let name = graph.nodes[index].name
    if graph.formats[index] != .float32 {
      result = try builder.add(name + "/floats", .conversion(ConversionLayer()), [result])
    }
    guard role == .enhancer, !preprocessing.isUnitRange else { return result }
    let affine = ChannelAffineLayer(
      multiplier: preprocessing.deviation.map { $0 / 255 },
      shift: preprocessing.mean.map { $0 / 255 })
    return try builder.add(name + "/image", .channelAffine(affine), [result])
  }
}

extension Preprocessing {
  /// Whether levels of 0...255 become 0 to 1.
  fileprivate var isUnitRange: Bool {
    mean.allSatisfy { $0 == 0 } && deviation.allSatisfy { $0 == 255 }
  }

  /// −mean / deviation, one a channel where either is.
  fileprivate var shifts: [Float] {
    (0..<max(mean.count, deviation.count)).map { index in
      -mean[mean.count == 1 ? 0 : index] / deviation[deviation.count == 1 ? 0 : index]
    }
  }
}

extension Graph {
  /// Whether the output comes from a softmax or a sigmoid; conversions and other views of its
  /// numbers may follow.
  package var endsInProbabilities: Bool {
    nodes[lastComputation].operation.properties.givesProbabilities
  }

  /// The node with the logits of a classifier: what its softmax reads, or its output.
  package var logits: Int {
    let last = lastComputation
    if case .softmax = nodes[last].operation { return nodes[last].inputs[0] }
    return output
  }

  /// What computes the output, of which conversions and other views may follow.
  private var lastComputation: Int {
    var node = output
    while nodes[node].operation.properties.preservesValues { node = nodes[node].inputs[0] }
    return node
  }
}
