// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Two-dimensional convolution; depthwise when `groups` equals the number of input channels.
public struct ConvolutionLayer: Equatable, Sendable {
  /// Channels of the output; a multiple of `groups`.
  public var outputChannels: Int
  /// The kernel's size, its strides and the padding.
  public var window: Window
  /// Rows from one tap of the kernel to the next.
  public var dilationHeight: Int
  /// Columns from one tap of the kernel to the next.
  public var dilationWidth: Int
  /// Groups of channels that see only one another; a divisor of the input's channels.
  public var groups: Int
  /// Whether a number for each output channel is added.
  public var hasBias: Bool
  /// How the weights start.
  public var initialization: Initialization

  /// A convolution; dense over the channels and without dilation unless told.
  public init(
    outputChannels: Int, window: Window, dilationHeight: Int = 1, dilationWidth: Int = 1,
    groups: Int = 1, hasBias: Bool = true, initialization: Initialization = .he
  ) {
    self.outputChannels = outputChannels
    self.window = window
    self.dilationHeight = dilationHeight
    self.dilationWidth = dilationWidth
    self.groups = groups
    self.hasBias = hasBias
    self.initialization = initialization
  }
}

extension ConvolutionLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard groups > 0 else { throw .attributeOutOfRange(.groups, actual: groups) }
    guard outputChannels > 0 else { throw .attributeOutOfRange(.channels, actual: outputChannels) }
    for channels in [input.channels, outputChannels] where channels % groups != 0 {
      throw .notDivisible(.channels, by: groups, actual: channels)
    }
    let placement = try window.placement(
      on: input, dilationHeight: dilationHeight, dilationWidth: dilationWidth)
    return Shape(
      height: placement.outputHeight, width: placement.outputWidth, channels: outputChannels)
  }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.weighted(
      [outputChannels, window.height, window.width, inputs[0].channels / groups], initialization,
      hasBias: hasBias)
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    geometry(batch: 1, inputs[0], output).multiplyAccumulates
  }

  package var properties: LayerProperties { .weighted }

  func geometry(batch: Int, _ input: Shape, _ output: Shape) -> ConvolutionGeometry {
    let placement = try? window.placement(
      on: input, dilationHeight: dilationHeight, dilationWidth: dilationWidth)
    return ConvolutionGeometry(
      batch: batch, inputHeight: input.height, inputWidth: input.width,
      inputChannels: input.channels, outputHeight: output.height, outputWidth: output.width,
      outputChannels: output.channels, kernelHeight: window.height, kernelWidth: window.width,
      strideHeight: window.strideHeight, strideWidth: window.strideWidth,
      dilationHeight: dilationHeight, dilationWidth: dilationWidth,
      paddingTop: placement?.paddingTop ?? 0, paddingLeft: placement?.paddingLeft ?? 0,
      groups: groups)
  }

  private func geometry(_ site: LayerSite) -> ConvolutionGeometry {
    geometry(batch: site.batch, site.inputs[0], site.output)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds { .convolution(geometry(site), site) }

  package func pack(_ step: LayerStep) { step.packWeights(geometry(step.site)) }

  package func forward(_ step: LayerStep) { step.convolutionForward(geometry(step.site)) }

  package func backward(_ step: LayerStep) { step.convolutionBackward(geometry(step.site)) }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.quantized(parameters(inputs))
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    .integerConvolution(geometry(site), site)
  }

  package func integerPack(_ step: LayerStep) { step.packIntegerConvolution(geometry(step.site)) }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    step.integerConvolution(geometry(step.site))
  }
}

/// A fully connected layer over all elements of its input, in NHWC order: y = W·x + b.
public struct DenseLayer: Equatable, Sendable {
  /// Elements of the output.
  public var units: Int
  /// Whether a number for each unit is added.
  public var hasBias: Bool
  /// How the weights start.
  public var initialization: Initialization
  /// Whether quantised weights have a scale for each unit, rather than one for all. (TensorFlow
  /// Lite rounds the product of scales differently.)
  public var hasScalePerUnit = true

  /// A layer of so many units.
  public init(units: Int, hasBias: Bool = true, initialization: Initialization = .he) {
    self.units = units
    self.hasBias = hasBias
    self.initialization = initialization
  }
}

extension DenseLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    _ = try single(inputs)
    guard units > 0 else { throw .attributeOutOfRange(.channels, actual: units) }
    return Shape(height: 1, width: 1, channels: units)
  }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.weighted(
      [units, inputs[0].elementCount], initialization, hasBias: hasBias)
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    Int64(units) * Int64(inputs[0].elementCount)
  }

  package var properties: LayerProperties {
    var properties = LayerProperties.weighted
    properties.needsContiguousInput = true
    return properties
  }

  /// A dense layer is a 1×1 convolution of one pixel.
  private func geometry(_ site: LayerSite) -> ConvolutionGeometry {
    ConvolutionGeometry(
      batch: site.batch, inputHeight: 1, inputWidth: 1, inputChannels: site.inputs[0].elementCount,
      outputHeight: 1, outputWidth: 1, outputChannels: units, kernelHeight: 1, kernelWidth: 1)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds { .convolution(geometry(site), site) }

  package func pack(_ step: LayerStep) { step.packWeights(geometry(step.site)) }

  package func forward(_ step: LayerStep) { step.flattened.convolutionForward(geometry(step.site)) }

  package func backward(_ step: LayerStep) {
    step.flattened.convolutionBackward(geometry(step.site))
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.quantized(parameters(inputs))
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    .integerConvolution(geometry(site), site)
  }

  package func integerPack(_ step: LayerStep) {
    step.packIntegerConvolution(
      geometry(step.site), isDense: true, roundsScaleProduct: !hasScalePerUnit)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    step.flattened.integerConvolution(geometry(step.site), isDense: true)
  }
}

extension LayerProperties {
  /// Those of a layer that multiplies by weights.
  static var weighted: LayerProperties {
    LayerProperties {
      $0.hasWeights = true
      $0.fusesActivation = true
    }
  }
}

extension LayerStep {
  /// The step with its input, and the gradient of that, as one pixel an example.
  fileprivate var flattened: LayerStep {
    var step = self
    step.inputs[0] = inputs[0].flattened
    step.inputGradients[0] = inputGradients[0]?.flattened
    return step
  }
}

extension ParameterDeclaration {
  /// Weights of such extents, outputs first, and a bias for each output.
  static func weighted(
    _ dimensions: [Int], _ initialization: Initialization, hasBias: Bool
  ) -> [ParameterDeclaration] {
    let weights = ParameterDeclaration(.weights, dimensions, initialization)
    return hasBias ? [weights, ParameterDeclaration(.bias, [dimensions[0]])] : [weights]
  }

  /// Weights, their scales and then the bias, as every quantised layer that multiplies by weights
  /// has them: int8, float32 and int32.
  static func quantized(_ declarations: [ParameterDeclaration]) -> [ParameterDeclaration] {
    declarations.flatMap { declaration -> [ParameterDeclaration] in
      let dimensions = declaration.dimensions
      return declaration.role == .weights
        ? [
          ParameterDeclaration(.weights, dimensions, format: .int8),
          ParameterDeclaration(.weightScales, [dimensions[0]], .constant(1)),
        ] : [ParameterDeclaration(declaration.role, dimensions, format: .int32)]
    }
  }
}
