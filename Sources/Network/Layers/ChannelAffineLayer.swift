// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A fixed multiplier and shift a channel: how a classifier normalises its input, inside of itself.
public struct ChannelAffineLayer: Equatable, Sendable {
  public var multiplier: [Float]
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

extension ChannelAffineLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    for count in [multiplier.count, shift.count] where count != 1 && count != input.channels {
      throw .mismatch(.channels, expected: input.channels, actual: count)
    }
    return input
  }

  package var fusesActivation: Bool { true }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.saved = 2 * site.output.channels
    needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    return needs
  }

  package func forward(_ step: LayerStep) {
    let channels = step.output.channels
    for channel in 0..<channels {
      step.saved[channel] = multiplier[multiplier.count == 1 ? 0 : channel]
      step.saved[channels + channel] = shift[shift.count == 1 ? 0 : channel]
    }
    BatchNormalization.forwardInference(
      step.inputs[0], multiplier: step.saved, shift: step.saved + channels,
      activation: step.site.activation, into: step.output, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    step.undoActivation(hasBias: false)
    BatchNormalization.gradientInference(
      of: outputGradient, multiplier: step.saved, into: inputGradient,
      accumulate: step.accumulates[0], pool: step.pool)
  }
}
