// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The same elements in NHWC order, in other extents. Plans compute nothing for it where they can.
public struct ReshapeLayer: Equatable, Sendable {
  public var shape: Shape
  public init(_ shape: Shape) { self.shape = shape }
}

extension ReshapeLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard shape.checkedElementCount == input.elementCount else {
      throw .mismatch(.elements, expected: input.elementCount, actual: shape.elementCount)
    }
    return shape
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.allSatisfy { $0 == output }
  }

  package func forward(_ step: LayerStep) { Reshape.copy(step.inputs[0], into: step.output) }

  package func integerForward(_ step: LayerStep) {
    Reshape.copy(step.integerInput(0), into: step.integerOutput)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Reshape.gradient(of: outputGradient, into: inputGradient, accumulate: step.accumulates[0])
  }
}
