// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The residual head of an enhancer: y = clamp(x + r, 0, 1) with r = ε · tanh(f), or r = f without
/// a limit.
///
/// The first input is the image x, the second the network's output f. With a limit ε no pixel moves
/// by more than ε, and with f = 0 the head is the identity.
public struct BoundedResidualLayer: Equatable, Sendable {
  /// ε, in units of the image's range.
  public var limit: Float?
  public init(limit: Float? = nil) { self.limit = limit }
}

extension BoundedResidualLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    if let limit, !(limit > 0) { throw .attributeOutOfRange(.scale, actual: 0) }
    return try pair(inputs)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsInputs = site.hasBackward
    return needs
  }

  package func forward(_ step: LayerStep) {
    BoundedResidual.forward(
      image: step.inputs[0], residual: step.inputs[1], limit: limit, into: step.output,
      pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    BoundedResidual.gradient(
      image: step.inputs[0], residual: step.inputs[1], limit: limit, of: outputGradient,
      into: (step.inputGradients[0], step.inputGradients[1]),
      accumulate: (step.accumulates[0], step.accumulates[1]), pool: step.pool)
  }
}
