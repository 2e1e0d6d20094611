// SPDX-License-Identifier: Apache-2.0
import Network

/// Weights of 8 bits with a scale for each output channel, and a bias of 32 bits:
///
///     w ≈ scale[o] · q,  q in −127...127        b ≈ inputScale · scale[o] · q
package struct QuantizedWeights {
  package var weights: [Int8]
  package var scales: [Float]
  package var bias: [Int32]

  /// - Parameter weights: output channels first.
  /// - Parameter bias: one a channel, or none.
  package init(_ weights: [Float], bias: [Float], channels: Int, inputScale: Float) {
    let row = weights.count / channels
    self.weights = []
    self.weights.reserveCapacity(weights.count)
    scales = []
    self.bias = []
    for channel in 0..<channels {
      let values = weights[channel * row..<(channel + 1) * row]
      var scale = Self.scale(of: values)
      // A bias that is large beside its weights must fit into 31 bits, too.
      if !bias.isEmpty { scale = max(scale, abs(bias[channel]) / inputScale * 0x1p-30) }
      scales.append(scale)
      for value in values {
        let rounded = (value / scale).rounded(.toNearestOrAwayFromZero)
        self.weights.append(Int8(max(-127, min(127, rounded))))
      }
      guard !bias.isEmpty else { continue }
      let step = Double(inputScale) * Double(scale)
      let rounded = (Double(bias[channel]) / step).rounded(.toNearestOrAwayFromZero)
      self.bias.append(Int32(max(-0x1p30, min(0x1p30, rounded))))
    }
  }

  /// What one step is of a channel's weights.
  static func scale(of values: some Sequence<Float>) -> Float {
    let largest = values.reduce(Float(0)) { max($0, abs($1)) }
    return largest > 0 ? largest / 127 : 1
  }

  /// What weight `index` stands for.
  package func value(_ index: Int) -> Float {
    scales[index / (weights.count / scales.count)] * Float(weights[index])
  }
}

extension Model {
  /// The parameter of a node with a role; empty where it has none.
  func floats(_ role: ParameterRole, of node: Int) -> [Float] {
    parameters.entries(of: node).first { $0.declaration.role == role }.map {
      Array(parameters.values(of: $0))
    } ?? []
  }

  /// The least and the greatest element of a constant.
  func range(ofConstant node: Int) -> ClosedRange<Float> {
    let values = floats(.value, of: node)
    return (values.min() ?? 0)...(values.max() ?? 0)
  }
}
