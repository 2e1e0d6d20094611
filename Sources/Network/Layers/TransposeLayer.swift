// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Height, width and channels in another order.
public struct TransposeLayer: Equatable, Sendable {
  /// An axis of an example.
  public enum Axis: Equatable, Sendable { case height, width, channels }

  /// Which axis of the input becomes the output's height, width and channels.
  public var order: [Axis]

  /// - Precondition: `order` has each axis once.
  public init(_ order: [Axis]) {
    precondition(
      order.count == 3 && [.height, .width, .channels].allSatisfy { order.contains($0) },
      "an order has each axis once")
    self.order = order
  }

  private func kernelAxis(_ position: Int) -> Transpose.Axis {
    switch order[position] {
    case .height: .height
    case .width: .width
    case .channels: .channels
    }
  }

  private var kernelOrder: (Transpose.Axis, Transpose.Axis, Transpose.Axis) {
    (kernelAxis(0), kernelAxis(1), kernelAxis(2))
  }
}

extension TransposeLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    let extents = order.map { axis in
      switch axis {
      case .height: input.height
      case .width: input.width
      case .channels: input.channels
      }
    }
    return Shape(height: extents[0], width: extents[1], channels: extents[2])
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.allSatisfy { $0 == output }
  }

  package func forward(_ step: LayerStep) {
    Transpose.apply(step.inputs[0], into: step.output, order: kernelOrder, pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) {
    Transpose.apply(
      step.integerInput(0), into: step.integerOutput, order: kernelOrder, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Transpose.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0],
      order: kernelOrder)
  }
}
