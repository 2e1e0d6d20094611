// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A fully connected layer over all elements of its input, in NHWC order: y = W·x + b.
public struct DenseLayer: Equatable, Sendable {
  public var units: Int
  public var hasBias: Bool
  public var initialization: Initialization
  /// Whether quantised weights have a scale for each unit, rather than one for all. (TensorFlow
  /// Lite rounds the product of scales differently.)
  public var hasScalePerUnit = true

  public init(units: Int, hasBias: Bool = true, initialization: Initialization = .he) {
    self.units = units
    self.hasBias = hasBias
    self.initialization = initialization
  }
}

extension DenseLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    _ = try single(inputs)
    guard units > 0 else { throw .attributeOutOfRange(.channels, actual: units) }
    return Shape(height: 1, width: 1, channels: units)
  }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    let weights = ParameterDeclaration(.weights, [units, inputs[0].elementCount], initialization)
    return hasBias ? [weights, ParameterDeclaration(.bias, [units], .constant(0))] : [weights]
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    Int64(units) * Int64(inputs[0].elementCount)
  }

  package var fusesActivation: Bool { true }

  /// A dense layer is a 1×1 convolution of one pixel.
  func geometry(_ site: LayerSite) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: site.batch, inputHeight: 1, inputWidth: 1, inputChannels: site.inputs[0].elementCount,
      outputHeight: 1, outputWidth: 1, outputChannels: units, kernelHeight: 1, kernelWidth: 1)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds { .convolution(geometry(site), site) }

  package func pack(_ step: LayerStep) { step.packWeights(geometry(step.site)) }

  package func forward(_ step: LayerStep) {
    step.convolutionForward(
      geometry(step.site), input: step.inputs[0].flattened, hasBias: hasBias)
  }

  package func backward(_ step: LayerStep) {
    var step = step
    step.inputGradients[0] = step.inputGradients[0]?.flattened
    step.convolutionBackward(
      geometry(step.site), input: step.inputs[0].flattened, hasBias: hasBias)
  }
}

extension TensorView {
  /// The same elements as one pixel an example. The plan gives dense layers contiguous inputs.
  var flattened: TensorView {
    precondition(isContiguous || height * width == 1, "only contiguous activations flatten")
    return TensorView(
      base, batch: batch, height: 1, width: 1, channels: height * width * channels,
      pixelStride: height * width == 1 ? pixelStride : height * width * channels)
  }
}
