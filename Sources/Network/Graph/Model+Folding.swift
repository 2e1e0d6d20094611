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
  /// - Returns: `nil` when memory is out.
  public func foldingBatchNormalization() -> Model? {
    let normalizations = foldableNormalizations
    guard let folded = graph.folding(normalizations), let store = ParameterStore(folded) else {
      return nil
    }
    for (old, node) in graph.nodes.enumerated() {
      guard let new = folded.index(ofNodeNamed: node.name) else { continue }
      for entry in store.entries(of: new) {
        copy(entry.declaration.role, of: old, into: store.values(of: entry))
      }
      if let normalization = normalizations[old] {
        scale(store, node: new, by: normalization)
      }
    }
    return replacing(folded, store)
  }

  /// The normalisation behind each layer that can take it in.
  private var foldableNormalizations: [Int?] {
    let consumers = graph.consumers
    return graph.nodes.indices.map { index in
      guard graph.nodes[index].operation.takesInNormalization, consumers[index].count == 1,
        case .batchNormalization = graph.nodes[consumers[index][0]].operation
      else { return nil }
      return consumers[index][0]
    }
  }

  /// A bias that the layer did not have stays 0.
  private func copy(
    _ role: ParameterRole, of node: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    for entry in parameters.entries(of: node) where entry.declaration.role == role {
      _ = target.update(fromContentsOf: parameters.values(of: entry))
    }
  }

  private func scale(_ store: ParameterStore, node: Int, by normalization: Int) {
    guard case .batchNormalization(let layer) = graph.nodes[normalization].operation else { return }
    // In the order of the layer's declarations.
    let statistics = parameters.entries(of: normalization).compactMap {
      parameters.values(of: $0).baseAddress
    }
    let channels = graph.shapes[normalization].channels
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * channels) { buffer in
      guard let multiplier = buffer.baseAddress else { return }
      let shift = multiplier + channels
      BatchNormalization.fold(
        scale: statistics[0], offset: statistics[1], mean: statistics[2], variance: statistics[3],
        epsilon: layer.epsilon, channels: channels, multiplier: multiplier, shift: shift)
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
  fileprivate func folding(_ normalizations: [Int?]) -> Graph? {
    var result = Graph()
    var indices = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      if let input = node.inputs.first, normalizations[input] == index {
        indices[index] = indices[input]
        continue
      }
      let operation =
        normalizations[index] == nil ? node.operation : node.operation.withBias
      guard let added = try? result.add(node.name, operation, node.inputs.map { indices[$0] })
      else { return nil }
      indices[index] = added
    }
    return result
  }
}

extension Operation {
  fileprivate var takesInNormalization: Bool {
    switch self {
    case .convolution, .transposedConvolution, .dense: true
    default: false
    }
  }

  fileprivate var withBias: Operation {
    switch self {
    case .convolution(var layer):
      layer.hasBias = true
      return .convolution(layer)
    case .transposedConvolution(var layer):
      layer.hasBias = true
      return .transposedConvolution(layer)
    case .dense(var layer):
      layer.hasBias = true
      return .dense(layer)
    default:
      return self
    }
  }
}
