// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The residual head of an enhancer: y = clamp(x + r, 0, 1) with r = ε · tanh(f), or r = f without
/// a limit.
///
/// The first input is the image x, the second the network's output f. With a limit ε no pixel moves
/// by more than ε, and with f = 0 the head is the identity.
public struct BoundedResidualLayer: Equatable, Sendable {
  /// ε, in units of the image's range; above 0.
  public var limit: Float?

  /// A head with the limit ε, if any.
  public init(limit: Float? = nil) { self.limit = limit }
}

extension BoundedResidualLayer: FloatLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    if let limit, !(limit > 0) { throw .numberOutOfRange(.limit, actual: limit) }
    return try pair(inputs)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds { $0.backwardReadsInputs = site.hasBackward }
  }

  package func forward(_ step: LayerStep) {
    BoundedResidual.forward(
      image: step.inputs[0].floats, residual: step.inputs[1].floats, limit: limit,
      into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient?.floats else { return }
    BoundedResidual.gradient(
      image: step.inputs[0].floats, residual: step.inputs[1].floats, limit: limit,
      of: outputGradient, into: (step.inputGradients[0]?.floats, step.inputGradients[1]?.floats),
      accumulate: (step.accumulates[0], step.accumulates[1]), pool: step.pool)
  }
}

/// Dropout (Srivastava et al., 2014), scaled while training so that inference is the identity.
public struct DropoutLayer: Equatable, Sendable {
  /// The probability that an element is dropped: from 0 up to, but not including, 1.
  public var rate: Float

  /// Dropout of a fraction `rate` of the elements.
  public init(rate: Float) { self.rate = rate }
}

extension DropoutLayer: FloatLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard rate >= 0, rate < 1 else { throw .numberOutOfRange(.rate, actual: rate) }
    return try single(inputs)
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.identity = .inInference
      $0.movesElements = true
    }
  }

  package func forward(_ step: LayerStep) {
    Copy.run(step.inputs[0].floats, into: step.output.floats, accumulate: false, pool: step.pool)
  }

  package func trainingForward(_ step: LayerStep) {
    Dropout.forward(
      step.inputs[0].floats, into: step.output.floats, rate: rate, seed: step.seed, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    if step.site.isTraining {
      Dropout.gradient(
        of: outputGradient, into: inputGradient, rate: rate, seed: step.seed,
        accumulate: step.accumulates[0], pool: step.pool)
    } else {
      Copy.run(
        outputGradient, into: inputGradient, accumulate: step.accumulates[0], pool: step.pool)
    }
  }
}
