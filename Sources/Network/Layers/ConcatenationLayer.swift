// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The channels of all inputs, one after the other.
///
/// Plans let the producers write into the output directly; only an input that cannot is copied.
public struct ConcatenationLayer: Equatable, Sendable {
  public init() {}
}

extension ConcatenationLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard let first = inputs.first else { throw .inputCount(expected: 2, actual: 0) }
    var channels = 0
    for input in inputs {
      if input.height != first.height {
        throw .mismatch(.height, expected: first.height, actual: input.height)
      }
      if input.width != first.width {
        throw .mismatch(.width, expected: first.width, actual: input.width)
      }
      channels += input.channels
    }
    return Shape(height: first.height, width: first.width, channels: channels)
  }

  package func forward(_ step: LayerStep) {
    var offset = 0
    for input in step.inputs {
      let slice = step.output.channels(from: offset, count: input.channels)
      if slice.base != input.base {
        Copy.run(input, into: slice, accumulate: false, pool: step.pool)
      }
      offset += input.channels
    }
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    var offset = 0
    for (index, inputGradient) in step.inputGradients.enumerated() {
      let channels = step.inputs[index].channels
      if let inputGradient {
        let slice = outputGradient.channels(from: offset, count: channels)
        if slice.base != inputGradient.base {
          Copy.run(
            slice, into: inputGradient, accumulate: step.accumulates[index], pool: step.pool)
        }
      }
      offset += channels
    }
  }
}

extension TensorView {
  /// A slice of the channels of every pixel.
  func channels(from offset: Int, count: Int) -> TensorView {
    TensorView(
      base + offset, batch: batch, height: height, width: width, channels: count,
      pixelStride: pixelStride)
  }
}
