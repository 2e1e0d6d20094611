// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The adjoint of a convolution: it enlarges the image by `stride`.
///
/// The convolution makes an image of the input's size of one of the output's size. Of the sizes
/// for which that is so the output has, unless told, `input · stride`, and with the padding `valid`
/// the least: `(input − 1) · stride + kernel`.
public struct TransposedConvolutionLayer: Equatable, Sendable {
  public var outputChannels: Int
  /// The window of the convolution whose adjoint this is.
  public var window: Window
  /// Pixels of the output; `nil` for the usual number.
  public var outputHeight: Int?
  public var outputWidth: Int?
  public var hasBias: Bool
  public var initialization: Initialization

  public init(
    outputChannels: Int, window: Window, hasBias: Bool = true, initialization: Initialization = .he
  ) {
    self.outputChannels = outputChannels
    self.window = window
    self.hasBias = hasBias
    self.initialization = initialization
  }
}

extension TransposedConvolutionLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard outputChannels > 0 else { throw .attributeOutOfRange(.channels, actual: outputChannels) }
    let side = 1...maximumExtent
    guard side.contains(window.strideHeight), side.contains(window.strideWidth),
      side.contains(input.height), side.contains(input.width)
    else { throw .attributeOutOfRange(.stride, actual: window.strideHeight) }
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
    let weights = ParameterDeclaration(
      .weights, [outputChannels, window.height, window.width, inputs[0].channels], initialization)
    return hasBias
      ? [weights, ParameterDeclaration(.bias, [outputChannels], .constant(0))] : [weights]
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    geometry(batch: 1, inputs[0], output).multiplyAccumulates
  }

  package var fusesActivation: Bool { true }

  /// The geometry of the convolution whose adjoint this is: from the output to the input.
  func geometry(batch: Int, _ input: Shape, _ output: Shape) -> ConvolutionGeometry {
    ConvolutionLayer(outputChannels: input.channels, window: window)
      .geometry(batch: batch, output, input)
  }

  private func geometry(_ step: LayerStep) -> ConvolutionGeometry {
    geometry(batch: step.site.batch, step.site.inputs[0], step.site.output)
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    let geometry = geometry(batch: site.batch, site.inputs[0], site.output)
    let threads = site.threadCount
    var needs = LayerNeeds()
    needs.forwardScratch = TransposedConvolution.scratchCount(
      geometry, .forward, threadCount: threads)
    needs.forwardPacked = TransposedConvolution.packedCount(geometry, .forward)
    if site.trainsParameters {
      needs.backwardReadsInputs = true
      needs.backwardScratch = max(
        TransposedConvolution.scratchCount(geometry, .weightGradient, threadCount: threads),
        Activation.scratchCount(
          channels: outputChannels, pixelCount: site.batch * site.output.height * site.output.width)
      )
    }
    if site.wantsInputGradient[0] {
      needs.backwardScratch = max(
        needs.backwardScratch,
        TransposedConvolution.scratchCount(geometry, .inputGradient, threadCount: threads))
      needs.backwardPacked = TransposedConvolution.packedCount(geometry, .inputGradient)
    }
    needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    return needs
  }

  package func pack(_ step: LayerStep) {
    TransposedConvolution.pack(
      step.parameters[0], geometry(step), .forward, into: step.forwardPacked, pool: step.pool)
  }

  package func forward(_ step: LayerStep) {
    if !step.isPacked { pack(step) }
    TransposedConvolution.forward(
      step.inputs[0], packed: step.forwardPacked,
      bias: hasBias ? UnsafePointer(step.parameters[1]) : nil, activation: step.site.activation,
      into: step.output, geometry(step), scratch: step.scratch, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    let geometry = geometry(step)
    step.undoActivation(hasBias: hasBias)
    if step.site.trainsParameters {
      TransposedConvolution.weightGradient(
        input: step.inputs[0], outputGradient: outputGradient, into: step.parameterGradients[0],
        geometry, scratch: step.scratch, pool: step.pool)
    }
    if let inputGradient = step.inputGradients[0] {
      TransposedConvolution.pack(
        step.parameters[0], geometry, .inputGradient, into: step.backwardPacked, pool: step.pool)
      TransposedConvolution.inputGradient(
        of: outputGradient, packed: step.backwardPacked, into: inputGradient,
        accumulate: step.accumulates[0], geometry, scratch: step.scratch, pool: step.pool)
    }
  }
}
