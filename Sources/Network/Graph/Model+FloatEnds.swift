// SPDX-License-Identifier: Apache-2.0

extension Model {
  /// The model with conversions at its ends, so that whoever uses it writes and reads floats: the
  /// model itself where it has no other.
  /// - Returns: `nil` when memory is out.
  public func withFloatEnds() throws(GraphError) -> Model? {
    let borders = graph.inputs + graph.outputs
    if borders.allSatisfy({ graph.formats[$0] == .float32 }) { return self }
    var builder = ModelBuilder()
    var indices: [Int] = []
    for (index, node) in graph.nodes.enumerated() {
      let format = graph.formats[index]
      if case .input = node.operation, format != .float32 {
        let floats = try builder.add(node.name + "/floats", node.operation)
        indices.append(
          try builder.add(
            node.name, .conversion(ConversionLayer()), [floats], format: format))
      } else {
        indices.append(
          try builder.add(copyOf: index, in: self, inputs: node.inputs.map { indices[$0] }))
      }
    }
    var outputs: [Int] = []
    for output in graph.outputs {
      var node = indices[output]
      if graph.formats[output] != .float32 {
        node = try builder.add(
          graph.nodes[output].name + "/floats", .conversion(ConversionLayer()), [node])
      }
      outputs.append(node)
    }
    try builder.graph.setOutputs(outputs)
    return builder.finished(role: role, labels: labels)
  }

  /// Whether a classifier's outputs are probabilities, rather than logits.
  public var givesProbabilities: Bool {
    var node = graph.output
    while case .conversion = graph.nodes[node].operation { node = graph.nodes[node].inputs[0] }
    if case .softmax = graph.nodes[node].operation { return true }
    return false
  }
}
