// SPDX-License-Identifier: Apache-2.0
import Network

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
