// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Enlarges the image by a whole factor.
public struct ResizeLayer: Equatable, Sendable {
  public enum Interpolation: Equatable, Sendable { case nearest, bilinear }

  public var interpolation: Interpolation
  public var factor: Int

  public init(_ interpolation: Interpolation, factor: Int) {
    self.interpolation = interpolation
    self.factor = factor
  }

  private var kernel: Resize.Method {
    switch interpolation {
    case .nearest: .nearest
    case .bilinear: .bilinear
    }
  }
}

extension ResizeLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard (1...64).contains(factor) else { throw .attributeOutOfRange(.scale, actual: factor) }
    return Shape(
      height: input.height * factor, width: input.width * factor, channels: input.channels)
  }

  package func forward(_ step: LayerStep) {
    Resize.forward(step.inputs[0], into: step.output, kernel, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Resize.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], kernel,
      pool: step.pool)
  }
}
