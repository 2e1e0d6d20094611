// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Two-dimensional convolution; depthwise when `groups` equals the number of input channels.
public struct ConvolutionLayer: Equatable, Sendable {
  public var outputChannels: Int
  public var window: Window
  public var dilationHeight: Int
  public var dilationWidth: Int
  public var groups: Int
  public var hasBias: Bool
  public var initialization: Initialization

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

extension ConvolutionLayer: Layer {
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
    let dimensions = [
      outputChannels, window.height, window.width, inputs[0].channels / groups,
    ]
    let weights = ParameterDeclaration(.weights, dimensions, initialization)
    return hasBias
      ? [weights, ParameterDeclaration(.bias, [outputChannels], .constant(0))] : [weights]
  }

  package func multiplyAccumulates(_ inputs: [Shape], _ output: Shape) -> Int64 {
    geometry(batch: 1, inputs[0], output).multiplyAccumulates
  }

  package var fusesActivation: Bool { true }

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

  package func needs(_ site: LayerSite) -> LayerNeeds {
    .convolution(geometry(batch: site.batch, site.inputs[0], site.output), site)
  }

  private func geometry(_ step: LayerStep) -> ConvolutionGeometry {
    geometry(batch: step.site.batch, step.site.inputs[0], step.site.output)
  }

  package func pack(_ step: LayerStep) { step.packWeights(geometry(step)) }

  package func forward(_ step: LayerStep) {
    step.convolutionForward(geometry(step), input: step.inputs[0], hasBias: hasBias)
  }

  package func backward(_ step: LayerStep) {
    step.convolutionBackward(geometry(step), input: step.inputs[0], hasBias: hasBias)
  }
}

extension LayerNeeds {
  /// The needs of a convolution with fused bias and activation.
  static func convolution(_ geometry: ConvolutionGeometry, _ site: LayerSite) -> LayerNeeds {
    let threads = site.threadCount
    let channels = geometry.outputChannels
    let pixelCount = site.batch * geometry.outputHeight * geometry.outputWidth
    var needs = LayerNeeds()
    needs.forwardScratch = Convolution.scratchCount(
      geometry, site.forwardDirection, threadCount: threads)
    needs.forwardPacked = packedCount(geometry, site.forwardDirection)
    if site.trainsParameters {
      needs.backwardReadsInputs = true
      needs.backwardScratch = max(
        Convolution.scratchCount(geometry, .weightGradient, threadCount: threads),
        Activation.scratchCount(channels: channels, pixelCount: pixelCount),
        PositiveMask.scratchCount(channels: channels, pixelCount: pixelCount))
    }
    if site.wantsInputGradient[0] {
      needs.backwardScratch = max(
        needs.backwardScratch,
        Convolution.scratchCount(geometry, .inputGradient, threadCount: threads))
      needs.backwardPacked = packedCount(geometry, .inputGradient)
    }
    if site.keepsMask {
      let byteCount = PositiveMask.byteCount(channels: channels, pixelCount: pixelCount)
      needs.saved = (byteCount + 3) / 4
    } else {
      needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    }
    return needs
  }

  private static func packedCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> Int {
    Convolution.readsWeightsInPlace(geometry, direction)
      ? 0 : Convolution.packedCount(geometry, direction)
  }
}

extension LayerSite {
  var forwardDirection: Convolution.Direction { hasBackward ? .forward : .inference }
}

extension LayerStep {
  func packWeights(_ geometry: ConvolutionGeometry) {
    let direction = site.forwardDirection
    if Convolution.readsWeightsInPlace(geometry, direction) { return }
    Convolution.pack(parameters[0], geometry, direction, into: forwardPacked, pool: pool)
  }

  func convolutionForward(
    _ geometry: ConvolutionGeometry, input: TensorView<Float>, hasBias: Bool
  ) {
    if !isPacked { packWeights(geometry) }
    let isInPlace = Convolution.readsWeightsInPlace(geometry, site.forwardDirection)
    Convolution.forward(
      input, packed: isInPlace ? parameters[0] : forwardPacked,
      bias: hasBias ? UnsafePointer(parameters[1]) : nil, activation: site.activation,
      into: output, geometry, site.forwardDirection, scratch: scratch, pool: pool)
    if site.keepsMask { PositiveMask.record(output, into: mask, pool: pool) }
  }

  private var mask: UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(saved).assumingMemoryBound(to: UInt8.self)
  }

  /// ∂L/∂(before the activation), in place of the output's gradient, and ∂L/∂bias.
  func undoActivation(hasBias: Bool) {
    guard let gradient = outputGradient else { return }
    let biasGradient = site.trainsParameters && hasBias ? parameterGradients[1] : nil
    if site.activation == nil && biasGradient == nil { return }
    Activation.gradientInPlace(
      site.activation, output: output, gradient: gradient, biasGradient: biasGradient,
      scratch: scratch, pool: pool)
  }

  func convolutionBackward(
    _ geometry: ConvolutionGeometry, input: TensorView<Float>, hasBias: Bool
  ) {
    guard let outputGradient else { return }
    if site.keepsMask {
      PositiveMask.apply(
        mask, to: outputGradient,
        biasGradient: site.trainsParameters && hasBias ? parameterGradients[1] : nil,
        scratch: scratch, pool: pool)
    } else {
      undoActivation(hasBias: hasBias)
    }
    if site.trainsParameters {
      Convolution.weightGradient(
        input: input, outputGradient: outputGradient, into: parameterGradients[0], geometry,
        scratch: scratch, pool: pool)
    }
    if let inputGradient = inputGradients[0] {
      let isInPlace = Convolution.readsWeightsInPlace(geometry, .inputGradient)
      if !isInPlace {
        Convolution.pack(
          parameters[0], geometry, .inputGradient, into: backwardPacked, pool: pool)
      }
      Convolution.inputGradient(
        of: outputGradient, packed: isInPlace ? parameters[0] : backwardPacked,
        into: inputGradient,
        accumulate: accumulates[0], geometry, scratch: scratch, pool: pool)
    }
  }
}
