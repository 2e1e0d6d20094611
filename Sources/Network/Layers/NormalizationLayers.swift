// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Batch normalisation (Ioffe & Szegedy, arXiv:1502.03167): batch statistics while training,
/// running statistics otherwise and wherever the layer is frozen.
public struct BatchNormalizationLayer: Equatable, Sendable {
  /// What is added to the variance.
  public var epsilon: Float
  /// How much a batch moves the running statistics: running ← (1 − m) · running + m · batch.
  public var momentum: Float

  /// PyTorch's defaults.
  public init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

extension BatchNormalizationLayer: FloatLayer {
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

  package var properties: LayerProperties {
    LayerProperties {
      $0.fusesActivation = true
      $0.refinesInput = true
    }
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    let channels = site.output.channels
    needs.saved = LayerNeeds.bytes(floats: 2 * channels)
    let scratch = BatchNormalization.scratchCount(
      channels: channels, pixelCount: site.outputPixelCount)
    if site.isTraining { needs.forwardScratch = LayerNeeds.bytes(floats: scratch) }
    if site.hasBackward {
      needs.backwardScratch = LayerNeeds.bytes(
        floats: max(
          scratch, Activation.scratchCount(channels: channels, pixelCount: site.outputPixelCount)))
      needs.backwardReadsInputs = site.isTraining
      needs.backwardReadsOutput = site.activation != nil
    }
    return needs
  }

  package func forward(_ step: LayerStep) {
    let channels = step.output.channels
    let (multiplier, shift) = (step.saved.floats, step.saved.floats + channels)
    BatchNormalization.fold(
      scale: step.parameter(.scale), offset: step.parameter(.offset), mean: step.parameter(.mean),
      variance: step.parameter(.variance), epsilon: epsilon, channels: channels,
      multiplier: multiplier, shift: shift)
    BatchNormalization.forwardInference(
      step.inputs[0].floats, multiplier: multiplier, shift: shift, activation: step.site.activation,
      into: step.output.floats, pool: step.pool)
  }

  package func trainingForward(_ step: LayerStep) {
    BatchNormalization.forwardTraining(
      step.inputs[0].floats,
      BatchNormalization.Parameters(
        scale: step.parameter(.scale), offset: step.parameter(.offset),
        runningMean: step.parameter(.mean), runningVariance: step.parameter(.variance),
        epsilon: epsilon, momentum: momentum), activation: step.site.activation,
      into: step.output.floats, saved: saved(step), scratch: step.scratch.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient?.floats else { return }
    step.undoActivation()
    let inputGradient = step.inputGradients[0]?.floats
    if let scaleGradient = step.gradient(of: .scale),
      let offsetGradient = step.gradient(of: .offset)
    {
      // The kernel always writes a gradient of the input; nobody reads the output's gradient after
      // this step.
      BatchNormalization.gradientTraining(
        step.inputs[0].floats, saved(step), scale: step.parameter(.scale), of: outputGradient,
        into: inputGradient ?? outputGradient,
        accumulate: inputGradient != nil && step.accumulates[0],
        parameterGradients: (scaleGradient, offsetGradient), scratch: step.scratch.floats,
        pool: step.pool)
    } else if let inputGradient {
      BatchNormalization.gradientInference(
        of: outputGradient, multiplier: step.saved.floats, into: inputGradient,
        accumulate: step.accumulates[0], pool: step.pool)
    }
  }
}

extension BatchNormalizationLayer {
  /// What the training forward step keeps for the backward step.
  private func saved(_ step: LayerStep) -> BatchNormalization.Statistics {
    BatchNormalization.Statistics(
      mean: step.saved.floats, inverseDeviation: step.saved.floats + step.output.channels)
  }
}

/// A fixed multiplier and shift a channel: how a classifier normalises its input, inside of itself.
public struct ChannelAffineLayer: Equatable, Sendable {
  /// One for all channels, or one a channel.
  public var multiplier: [Float]
  /// One for all channels, or one a channel.
  public var shift: [Float]

  /// y = multiplier · x + shift; one value each, or one a channel.
  public init(multiplier: [Float], shift: [Float]) {
    self.multiplier = multiplier
    self.shift = shift
  }

  /// (x − mean) / deviation.
  public init(mean: [Float], deviation: [Float]) {
    multiplier = deviation.map { 1 / $0 }
    shift = zip(mean, deviation).map { -$0 / $1 }
  }
}

extension ChannelAffineLayer: FloatLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    for count in [multiplier.count, shift.count] where count != 1 && count != input.channels {
      throw .mismatch(.channels, expected: input.channels, actual: count)
    }
    return input
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.fusesActivation = true
      $0.refinesInput = true
    }
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds {
      $0.saved = LayerNeeds.bytes(floats: 2 * site.output.channels)
      $0.backwardReadsOutput = site.hasBackward && site.activation != nil
    }
  }

  package func forward(_ step: LayerStep) {
    let channels = step.output.channels
    let (multipliers, shifts) = (step.saved.floats, step.saved.floats + channels)
    for channel in 0..<channels {
      multipliers[channel] = multiplier[multiplier.count == 1 ? 0 : channel]
      shifts[channel] = shift[shift.count == 1 ? 0 : channel]
    }
    BatchNormalization.forwardInference(
      step.inputs[0].floats, multiplier: multipliers, shift: shifts,
      activation: step.site.activation, into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    step.undoActivation()
    BatchNormalization.gradientInference(
      of: outputGradient, multiplier: step.saved.floats, into: inputGradient,
      accumulate: step.accumulates[0], pool: step.pool)
  }
}
