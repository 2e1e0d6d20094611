// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The adjoint of a convolution: it enlarges the image by `stride`.
///
/// The convolution makes an image of the input's size of one of the output's size. Of the sizes
/// for which that is so the output has, unless told, `input · stride`, and with the padding `valid`
/// the least: `(input − 1) · stride + kernel`.
public struct TransposedConvolutionLayer: Equatable, Sendable {
  /// Channels of the output.
  public var outputChannels: Int
  /// The window of the convolution whose adjoint this is.
  public var window: Window
  /// Rows of the output; `nil` for the usual number.
  public var outputHeight: Int?
  /// Columns of the output; `nil` for the usual number.
  public var outputWidth: Int?
  /// Whether a number for each output channel is added.
  public var hasBias: Bool
  /// How the weights start.
  public var initialization: Initialization

  /// The adjoint of a convolution with `window`, with outputs of the usual size.
  public init(
    outputChannels: Int, window: Window, hasBias: Bool = true, initialization: Initialization = .he
  ) {
    self.outputChannels = outputChannels
    self.window = window
    self.hasBias = hasBias
    self.initialization = initialization
  }
}

extension TransposedConvolutionLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard outputChannels > 0 else { throw .attributeOutOfRange(.channels, actual: outputChannels) }
    // So that the output's extents do not overflow.
    for (attribute, extent) in [
      (LayerAttribute.stride, window.strideHeight), (.stride, window.strideWidth),
      (.height, input.height), (.width, input.width),
    ] where !(1...maximumExtent).contains(extent) {
      throw .attributeOutOfRange(attribute, actual: extent)
    }
    let isValid = window.padding == .valid
    func usual(_ size: Int, _ stride: Int, _ kernel: Int) -> Int {
      isValid ? (size - 1) * stride + kernel : size * stride
    }
    let output = Shape(
      height: outputHeight ?? usual(input.height, window.strideHeight, window.height),
      width: outputWidth ?? usual(input.width, window.strideWidth, window.width),
      channels: outputChannels)
    guard output.height > 0, output.width > 0 else {
      throw .emptyOutput(inputHeight: input.height, inputWidth: input.width)
    }
    let adjoint = try window.placement(on: output)
    guard adjoint.outputHeight == input.height else {
      throw .mismatch(.height, expected: input.height, actual: adjoint.outputHeight)
    }
    guard adjoint.outputWidth == input.width else {
      throw .mismatch(.width, expected: input.width, actual: adjoint.outputWidth)
    }
    return output
  }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.weighted(
      [outputChannels, window.height, window.width, inputs[0].channels], initialization,
      hasBias: hasBias)
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    geometry(batch: 1, inputs[0], output).multiplyAccumulates
  }

  package var properties: LayerProperties { .weighted }

  /// The geometry of the convolution whose adjoint this is: from the output to the input.
  private func geometry(batch: Int, _ input: Shape, _ output: Shape) -> ConvolutionGeometry {
    ConvolutionLayer(outputChannels: input.channels, window: window).geometry(
      batch: batch, output, input)
  }

  private func geometry(_ site: LayerSite) -> ConvolutionGeometry {
    geometry(batch: site.batch, site.inputs[0], site.output)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    let geometry = geometry(site)
    let threads = site.threadCount
    func scratchBytes(_ direction: Convolution.Direction) -> Int {
      LayerNeeds.bytes(
        floats: TransposedConvolution.scratchCount(geometry, direction, threadCount: threads))
    }
    func packedBytes(_ direction: Convolution.Direction) -> Int {
      LayerNeeds.bytes(floats: TransposedConvolution.packedCount(geometry, direction))
    }
    var needs = LayerNeeds()
    needs.forwardScratch = scratchBytes(.forward)
    needs.forwardPacked = packedBytes(.forward)
    if site.trainsParameters {
      needs.backwardReadsInputs = true
      needs.backwardScratch = max(
        scratchBytes(.weightGradient),
        LayerNeeds.bytes(
          floats: Activation.scratchCount(
            channels: outputChannels, pixelCount: site.outputPixelCount)))
    }
    if site.wantsInputGradient[0] {
      needs.backwardScratch = max(needs.backwardScratch, scratchBytes(.inputGradient))
      needs.backwardPacked = packedBytes(.inputGradient)
    }
    needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    return needs
  }

  package func pack(_ step: LayerStep) {
    TransposedConvolution.pack(
      step.parameter(.weights), geometry(step.site), .forward, into: step.forwardPacked.floats,
      pool: step.pool)
  }

  package func forward(_ step: LayerStep) {
    if !step.isPacked { pack(step) }
    TransposedConvolution.forward(
      step.inputs[0].floats, packed: step.forwardPacked.floats, bias: step.bias,
      activation: step.site.activation, into: step.output.floats, geometry(step.site),
      scratch: step.scratch.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient?.floats else { return }
    let geometry = geometry(step.site)
    step.undoActivation()
    if let weightGradient = step.gradient(of: .weights) {
      TransposedConvolution.weightGradient(
        input: step.inputs[0].floats, outputGradient: outputGradient, into: weightGradient,
        geometry, scratch: step.scratch.floats, pool: step.pool)
    }
    if let inputGradient = step.inputGradients[0]?.floats {
      TransposedConvolution.pack(
        step.parameter(.weights), geometry, .inputGradient, into: step.backwardPacked.floats,
        pool: step.pool)
      TransposedConvolution.inputGradient(
        of: outputGradient, packed: step.backwardPacked.floats, into: inputGradient,
        accumulate: step.accumulates[0], geometry, scratch: step.scratch.floats, pool: step.pool)
    }
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.quantized(parameters(inputs))
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    let geometry = geometry(site)
    var needs = LayerNeeds()
    needs.forwardPacked = IntegerTransposedConvolution.packedByteCount(geometry, for: site.packing)
    needs.forwardScratch = IntegerTransposedConvolution.scratchByteCount(
      geometry, threadCount: site.threadCount)
    return needs
  }

  package func integerPack(_ step: LayerStep) {
    let site = step.site
    step.withMultipliers(count: outputChannels, roundsScaleProduct: false) {
      IntegerTransposedConvolution.pack(
        weights: step.parameter(.weights, as: Int8.self), bias: step.integerBias, multipliers: $0,
        quantization: site.convolutionQuantization(isDense: false), geometry(site),
        for: site.packing, into: step.forwardPacked)
    }
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y) = (step.inputs[0].int8, step.output.int8)
    let geometry = geometry(step.site)
    let quantization = step.site.convolutionQuantization(isDense: false)
    return {
      IntegerTransposedConvolution.forward(
        x, packed: step.forwardPacked, quantization: quantization, into: y, geometry,
        scratch: step.scratch, pool: step.pool)
    }
  }
}
