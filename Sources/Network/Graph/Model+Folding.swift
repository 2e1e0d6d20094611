// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Model {
  /// The same function in inference, with fewer nodes: every convolution, transposed convolution or
  /// dense layer that feeds only a batch normalisation takes it into its weights and its bias.
  ///
  ///     γ · (W·x + b − μ) / √(σ² + ε) + β = (m · W)·x + (m · b + s)
  ///     m = γ / √(σ² + ε),   s = β − m · μ
  ///
  /// Such a layer keeps its name; the normalisation's node is gone. Outputs agree to rounding.
  /// - Throws: `GraphError` when the graph cannot be built, as of a model of integers.
  /// - Returns: `nil` when memory is out.
  public func foldingBatchNormalization() throws(GraphError) -> Model? {
    let normalizations = foldableNormalizations
    let folded = try graph.folding(normalizations)
    guard let store = ParameterStore(folded) else { return nil }
    for (old, node) in graph.nodes.enumerated() {
      guard let new = folded.index(ofNodeNamed: node.name) else { continue }
      // A bias that the layer did not have stays 0.
      for target in store.entries(of: new) {
        let source = parameters.entries(of: old).first {
          $0.declaration.role == target.declaration.role
        }
        guard let source else { continue }
        store.bytes(of: target).copyMemory(
          from: UnsafeRawBufferPointer(parameters.bytes(of: source)))
      }
      if let normalization = normalizations[old] { scale(store, node: new, by: normalization) }
    }
    return replacing(folded, store)
  }

  /// The normalisation behind each layer that can take it in.
  private var foldableNormalizations: [Int?] {
    let consumers = graph.consumers
    return graph.nodes.indices.map { index in
      guard graph.nodes[index].operation.properties.hasWeights, consumers[index].count == 1,
        !graph.outputs.contains(index),
        case .batchNormalization = graph.nodes[consumers[index][0]].operation
      else { return nil }
      return consumers[index][0]
    }
  }

  private func scale(_ store: ParameterStore, node: Int, by normalization: Int) {
    guard case .batchNormalization(let layer) = graph.nodes[normalization].operation else { return }
    func statistics(_ role: ParameterRole) -> UnsafeMutablePointer<Float> {
      parameters.floats(role, of: normalization)
    }
    let channels = graph.shapes[normalization].channels
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * channels) { buffer in
      guard let multiplier = buffer.baseAddress else { return }
      let shift = multiplier + channels
      BatchNormalization.fold(
        scale: statistics(.scale), offset: statistics(.offset), mean: statistics(.mean),
        variance: statistics(.variance), epsilon: layer.epsilon, channels: channels,
        multiplier: multiplier, shift: shift)
      for entry in store.entries(of: node) {
        let values = store.values(of: entry)
        // Outputs come first in all weights.
        let row = values.count / channels
        let isBias = entry.declaration.role == .bias
        for index in values.indices {
          let channel = index / row
          values[index] = values[index] * multiplier[channel] + (isBias ? shift[channel] : 0)
        }
      }
    }
  }
}

extension Graph {
  /// The graph without the given normalisations, and with a bias in the layers that they are listed
  /// at.
  fileprivate func folding(_ normalizations: [Int?]) throws(GraphError) -> Graph {
    var result = Graph()
    var indices = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      if let input = node.inputs.first, normalizations[input] == index {
        indices[index] = indices[input]
        continue
      }
      let operation = normalizations[index] == nil ? node.operation : node.operation.withBias
      indices[index] = try result.add(
        node.name, operation, node.inputs.map { indices[$0] }, format: formats[index])
    }
    try result.setOutputs(outputs.map { indices[$0] })
    return result
  }
}

extension Operation {
  /// The operation with a bias, if it multiplies by weights.
  fileprivate var withBias: Operation {
    if case .convolution(var layer) = self {
      layer.hasBias = true
      return .convolution(layer)
    }
    if case .transposedConvolution(var layer) = self {
      layer.hasBias = true
      return .transposedConvolution(layer)
    }
    if case .dense(var layer) = self {
      layer.hasBias = true
      return .dense(layer)
    }
    return self
  }
}
