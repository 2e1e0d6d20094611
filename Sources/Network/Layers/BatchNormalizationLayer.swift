// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Batch normalisation (Ioffe & Szegedy, arXiv:1502.03167): batch statistics while training,
/// running statistics otherwise and wherever the layer is frozen.
public struct BatchNormalizationLayer: Equatable, Sendable {
  public var epsilon: Float
  /// How much a batch moves the running statistics: running ← (1 − m) · running + m · batch.
  public var momentum: Float

  public init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

extension BatchNormalizationLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    let channels = [inputs[0].channels]
    return [
      ParameterDeclaration(.scale, channels, .constant(1)),
      ParameterDeclaration(.offset, channels, .constant(0)),
      ParameterDeclaration(.mean, channels, .constant(0)),
      ParameterDeclaration(.variance, channels, .constant(1)),
    ]
  }

  package var fusesActivation: Bool { true }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    let channels = site.output.channels
    needs.saved = 2 * channels
    let scratch = BatchNormalization.scratchCount(
      channels: channels, pixelCount: site.batch * site.output.height * site.output.width)
    if site.isTraining { needs.forwardScratch = scratch }
    if site.hasBackward {
      needs.backwardScratch = max(
        scratch,
        Activation.scratchCount(
          channels: channels, pixelCount: site.batch * site.output.height * site.output.width))
      needs.backwardReadsInputs = site.isTraining
      needs.backwardReadsOutput = site.activation != nil
    }
    return needs
  }

  package func forward(_ step: LayerStep) {
    let channels = step.output.channels
    if step.site.isTraining && !Machine.isBoard {
      BatchNormalization.forwardTraining(
        step.inputs[0],
        BatchNormalization.Parameters(
          scale: step.parameters[0], offset: step.parameters[1], runningMean: step.parameters[2],
          runningVariance: step.parameters[3], epsilon: epsilon, momentum: momentum),
        activation: step.site.activation, into: step.output,
        saved: BatchNormalization.Statistics(
          mean: step.saved, inverseDeviation: step.saved + channels),
        scratch: step.scratch, pool: step.pool)
    } else {
      BatchNormalization.fold(
        scale: step.parameters[0], offset: step.parameters[1], mean: step.parameters[2],
        variance: step.parameters[3], epsilon: epsilon, channels: channels,
        multiplier: step.saved, shift: step.saved + channels)
      BatchNormalization.forwardInference(
        step.inputs[0], multiplier: step.saved, shift: step.saved + channels,
        activation: step.site.activation, into: step.output, pool: step.pool)
    }
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    step.undoActivation(hasBias: false)
    let channels = step.output.channels
    if step.site.isTraining {
      // The kernel writes a gradient of the input always; nobody reads the output's gradient after
      // this step.
      BatchNormalization.gradientTraining(
        step.inputs[0],
        BatchNormalization.Statistics(mean: step.saved, inverseDeviation: step.saved + channels),
        scale: step.parameters[0], of: outputGradient,
        into: step.inputGradients[0] ?? outputGradient,
        accumulate: step.inputGradients[0] != nil && step.accumulates[0],
        parameterGradients: (step.parameterGradients[0], step.parameterGradients[1]),
        scratch: step.scratch, pool: step.pool)
    } else if let inputGradient = step.inputGradients[0] {
      BatchNormalization.gradientInference(
        of: outputGradient, multiplier: step.saved, into: inputGradient,
        accumulate: step.accumulates[0], pool: step.pool)
    }
  }
}
