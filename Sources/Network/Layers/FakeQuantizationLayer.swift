// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// Rounds floats to what 8-bit integers can say, and lets gradients pass where they do not clamp:
/// a float graph with such nodes computes as its quantised form will, and can be trained.
public struct FakeQuantizationLayer: Equatable, Sendable {
  /// What the integers −128 to 127 stand for.
  public var quantization: AffineQuantization

  public init(_ quantization: AffineQuantization) { self.quantization = quantization }
}

extension FakeQuantizationLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard quantization.scale > 0, quantization.scale < .infinity,
      -128...127 ~= quantization.zeroPoint
    else { throw .attributeOutOfRange(.scale, actual: Int(quantization.zeroPoint)) }
    return try single(inputs)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsInputs = site.hasBackward
    return needs
  }

  package func forward(_ step: LayerStep) {
    FakeQuantize.forward(step.inputs[0], into: step.output, quantization, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    FakeQuantize.gradient(
      input: step.inputs[0], of: outputGradient, into: inputGradient, quantization,
      accumulate: step.accumulates[0], pool: step.pool)
  }
}
