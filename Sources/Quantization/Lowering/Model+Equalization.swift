// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

extension Model {
  /// Cross-layer equalisation (Nagel et al., arXiv:1906.04721, section 4.1): for every two layers
  /// of which only the second reads the first, through nothing but what a positive factor passes,
  ///
  ///     W₁[c] ← W₁[c] / s[c],  b₁[c] ← b₁[c] / s[c],  W₂[·,c] ← s[c] · W₂[·,c]
  ///     s[c] = √(max |W₁[c]| / max |W₂[·,c]|)
  ///
  /// so that the channels between them have like ranges. The model computes what it did.
  ///
  /// - Precondition: the parameters are floats of the model's own memory, as those of `lowered`.
  /// - Returns: how many pairs were equalised.
  @discardableResult
  public func equalizeLayers() -> Int {
    let pairs = equalizablePairs
    // Pairs follow one another: what the second pass of one changes is the first of the next.
    for _ in 0..<3 { for (first, second) in pairs { equalize(first, second) } }
    return pairs.count
  }

  /// Layers and the layer that alone reads them.
  private var equalizablePairs: [(Int, Int)] {
    let consumers = graph.consumers
    return graph.nodes.indices.compactMap { first in
      guard graph.nodes[first].operation.properties.hasWeights else { return nil }
      var node = first
      while consumers[node].count == 1, !graph.outputs.contains(node) {
        node = consumers[node][0]
        let operation = graph.nodes[node].operation
        if case .convolution(let layer) = operation {
          let isDepthwise = layer.groups == graph.shapes[first].channels
          return layer.groups == 1 || isDepthwise ? (first, node) : nil
        }
        if case .dense = operation { return (first, node) }
        guard operation.properties.passesPositiveFactors else { return nil }
      }
      return nil
    }
  }

  private func equalize(_ first: Int, _ second: Int) {
    guard let weights = firstParameter(of: first), let next = firstParameter(of: second) else {
      return
    }
    let channels = graph.shapes[first].channels
    let row = weights.count / channels
    let bias = parameters.entries(of: first).first { $0.declaration.role == .bias }
    for c in 0..<channels {
      let own = c * row..<(c + 1) * row
      // Of a depthwise layer the filters of one channel follow one another; else the input channels
      // are innermost.
      let span = next.count / channels
      let readers =
        isDepthwise(second)
        ? stride(from: c * span, to: (c + 1) * span, by: 1)
        : stride(from: c, to: next.count, by: channels)
      let largest = own.reduce(Float(0)) { max($0, abs(weights[$1])) }
      let nextLargest = readers.reduce(Float(0)) { max($0, abs(next[$1])) }
      guard largest > 0, nextLargest > 0 else { continue }
      let factor = (largest / nextLargest).squareRoot()
      for index in own { weights[index] /= factor }
      for index in readers { next[index] *= factor }
      if let bias { parameters.values(of: bias)[c] /= factor }
    }
  }

  private func firstParameter(of node: Int) -> UnsafeMutableBufferPointer<Float>? {
    parameters.entries(of: node).first.map { parameters.values(of: $0) }
  }

  private func isDepthwise(_ node: Int) -> Bool {
    if case .convolution(let layer) = graph.nodes[node].operation { return layer.groups > 1 }
    return false
  }
}
