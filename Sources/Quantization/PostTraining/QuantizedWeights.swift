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

/// Rounding a layer's weights moves the mean of its outputs by
///
///     δ[o] = Σ (ŵ − w)[o,a,b,c] · E[x[c]]
///
/// which the bias can take back (Nagel et al., arXiv:1906.04721, section 4.2). The means are those
/// that calibration saw, as if there were no border.
struct BiasCorrection {
  let model: Model
  let statistics: [ActivationStatistics]

  /// The bias of `node` less δ.
  func corrected(_ bias: [Float], _ quantized: QuantizedWeights, of node: Int) -> [Float] {
    let input = statistics[model.graph.nodes[node].inputs[0]]
    let weights = model.floats(.weights, of: node)
    let outputs = bias.count
    let row = weights.count / outputs
    let inputChannels = model.graph.shapes[model.graph.nodes[node].inputs[0]].channels
    var groupChannels = inputChannels
    var groups = 1
    var share: Float = 1
    let operation = model.graph.nodes[node].operation
    if case .convolution(let layer) = operation {
      groups = layer.groups
      groupChannels /= groups
    } else if case .transposedConvolution(let layer) = operation {
      // One output pixel gets the taps of one of the stride's phases.
      share = 1 / Float(layer.window.strideHeight * layer.window.strideWidth)
    }
    return bias.indices.map { o in
      let first = o / (outputs / groups) * groupChannels
      var shift: Float = 0
      for index in 0..<row {
        let error = quantized.value(o * row + index) - weights[o * row + index]
        shift += error * input.mean(ofChannel: first + index % groupChannels)
      }
      return bias[o] - shift * share
    }
  }
}
