// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The mean over any of height, width and channels, which become extents of 1.
public struct MeanLayer: Equatable, Sendable {
  public var overHeight: Bool
  public var overWidth: Bool
  public var overChannels: Bool

  public init(overHeight: Bool = false, overWidth: Bool = false, overChannels: Bool = false) {
    self.overHeight = overHeight
    self.overWidth = overWidth
    self.overChannels = overChannels
  }

  private var axes: MeanAxes {
    MeanAxes(height: overHeight, width: overWidth, channels: overChannels)
  }
}

extension MeanLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    return Shape(
      height: overHeight ? 1 : input.height, width: overWidth ? 1 : input.width,
      channels: overChannels ? 1 : input.channels)
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func forward(_ step: LayerStep) {
    Mean.forward(step.inputs[0], into: step.output, axes: axes, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Mean.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], axes: axes)
  }

  package func integerForward(_ step: LayerStep) {
    IntegerMean(
      over: axes, input: step.site.inputQuantization(0), output: step.site.outputQuantization
    ).apply(step.integerInput(0), into: step.integerOutput, pool: step.pool)
  }
}

extension GlobalAverageLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerForward(_ step: LayerStep) {
    MeanLayer(overHeight: true, overWidth: true).integerForward(step)
  }
}
