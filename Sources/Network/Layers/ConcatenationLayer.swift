// SPDX-License-Identifier: Apache-2.0
import Kernels

/// All inputs, one after the other along one axis.
///
/// Along the channels plans let the producers write into the output directly; only an input that
/// cannot is copied.
public struct ConcatenationLayer: Equatable, Sendable {
  /// The extent that the inputs need not share.
  public enum Axis: Equatable, Sendable { case height, width, channels }

  public var axis: Axis

  public init(axis: Axis = .channels) { self.axis = axis }

  private var kernelAxis: Concatenation.Axis {
    switch axis {
    case .height: .height
    case .width: .width
    case .channels: .channels
    }
  }
}

extension ConcatenationLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard var result = inputs.first else { throw .inputCount(expected: 2, actual: 0) }
    for input in inputs.dropFirst() {
      if axis != .height && input.height != result.height {
        throw .mismatch(.height, expected: result.height, actual: input.height)
      }
      if axis != .width && input.width != result.width {
        throw .mismatch(.width, expected: result.width, actual: input.width)
      }
      if axis != .channels && input.channels != result.channels {
        throw .mismatch(.channels, expected: result.channels, actual: input.channels)
      }
      switch axis {
      case .height: result.height += input.height
      case .width: result.width += input.width
      case .channels: result.channels += input.channels
      }
    }
    return result
  }

  /// Quantised inputs mean the same as the output, so that joining them is copying bytes.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.allSatisfy { $0 == output }
  }

  package func forward(_ step: LayerStep) {
    join(step.inputs, into: step.output, pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) {
    join(step.integerInputs, into: step.integerOutput, pool: step.pool)
  }

  private func join<Element>(
    _ inputs: [TensorView<Element>], into output: TensorView<Element>, pool: ThreadPool
  ) {
    var offset = 0
    for input in inputs {
      Concatenation.join(input, into: output, at: offset, along: kernelAxis, pool: pool)
      offset += Concatenation.extent(input, along: kernelAxis)
    }
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    var offset = 0
    for (index, inputGradient) in step.inputGradients.enumerated() {
      if let inputGradient {
        Concatenation.gradient(
          of: outputGradient, at: offset, along: kernelAxis, into: inputGradient,
          accumulate: step.accumulates[index], pool: step.pool)
      }
      offset += Concatenation.extent(step.inputs[index], along: kernelAxis)
    }
  }
}
