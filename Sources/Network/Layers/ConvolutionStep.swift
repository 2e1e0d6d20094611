// SPDX-License-Identifier: Apache-2.0
import Kernels

// What convolutions and dense layers do with their steps.

extension LayerNeeds {
  /// The needs of a convolution with fused bias and activation.
  static func convolution(_ geometry: ConvolutionGeometry, _ site: LayerSite) -> LayerNeeds {
    let threads = site.threadCount
    let channels = geometry.outputChannels
    let pixelCount = site.batch * geometry.outputHeight * geometry.outputWidth
    var needs = LayerNeeds()
    needs.forwardScratch = bytes(
      floats: Convolution.scratchCount(geometry, site.forwardDirection, threadCount: threads))
    needs.forwardPacked = packedBytes(geometry, site.forwardDirection)
    var backwardScratch = 0
    if site.trainsParameters {
      needs.backwardReadsInputs = true
      backwardScratch = max(
        Convolution.scratchCount(geometry, .weightGradient, threadCount: threads),
        Activation.scratchCount(channels: channels, pixelCount: pixelCount),
        PositiveMask.scratchCount(channels: channels, pixelCount: pixelCount))
    }
    if site.wantsInputGradient[0] {
      backwardScratch = max(
        backwardScratch, Convolution.scratchCount(geometry, .inputGradient, threadCount: threads))
      needs.backwardPacked = packedBytes(geometry, .inputGradient)
    }
    needs.backwardScratch = bytes(floats: backwardScratch)
    if site.keepsMask {
      needs.saved = PositiveMask.byteCount(channels: channels, pixelCount: pixelCount)
    } else {
      needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    }
    return needs
  }

  private static func packedBytes(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> Int {
    Convolution.readsWeightsInPlace(geometry, direction)
      ? 0 : bytes(floats: Convolution.packedCount(geometry, direction))
  }

  static func integerConvolution(_ geometry: ConvolutionGeometry, _ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.forwardPacked = IntegerConvolution.packedByteCount(geometry, for: site.packing)
    needs.forwardScratch = IntegerConvolution.scratchByteCount(
      geometry, threadCount: site.threadCount)
    return needs
  }
}

extension LayerSite {
  var forwardDirection: Convolution.Direction { hasBackward ? .forward : .inference }

  /// What a convolution from the first input to the output needs to know of both.
  func convolutionQuantization(isDense: Bool) -> IntegerConvolution.Quantization {
    let range = integerRange
    return IntegerConvolution.Quantization(
      inputZeroPoint: inputQuantization(0).zeroPoint, outputZeroPoint: outputQuantization.zeroPoint,
      minimum: range.lowerBound, maximum: range.upperBound, roundsOnce: isDense)
  }
}

extension LayerStep {
  func packWeights(_ geometry: ConvolutionGeometry) {
    let direction = site.forwardDirection
    if Convolution.readsWeightsInPlace(geometry, direction) { return }
    Convolution.pack(
      parameter(.weights), geometry, direction, into: forwardPacked.floats, pool: pool)
  }

  func convolutionForward(_ geometry: ConvolutionGeometry) {
    if !isPacked { packWeights(geometry) }
    let isInPlace = Convolution.readsWeightsInPlace(geometry, site.forwardDirection)
    Convolution.forward(
      inputs[0].floats, packed: isInPlace ? parameter(.weights) : forwardPacked.floats, bias: bias,
      activation: site.activation, into: output.floats, geometry, site.forwardDirection,
      scratch: scratch.floats, pool: pool)
    if site.keepsMask { PositiveMask.record(output.floats, into: saved.bytes, pool: pool) }
  }

  /// The bias, where the layer has one.
  var bias: UnsafePointer<Float>? { optionalParameter(.bias).map { UnsafePointer($0) } }

  /// ∂L/∂(before the activation), in place of the output's gradient, and ∂L/∂bias.
  func undoActivation() {
    guard let gradient = outputGradient?.floats else { return }
    let biasGradient = self.gradient(of: .bias)
    if site.activation == nil && biasGradient == nil { return }
    Activation.gradientInPlace(
      site.activation, output: output.floats, gradient: gradient, biasGradient: biasGradient,
      scratch: scratch.floats, pool: pool)
  }

  func convolutionBackward(_ geometry: ConvolutionGeometry) {
    guard let outputGradient = outputGradient?.floats else { return }
    if site.keepsMask {
      PositiveMask.apply(
        saved.bytes, to: outputGradient, biasGradient: gradient(of: .bias), scratch: scratch.floats,
        pool: pool)
    } else {
      undoActivation()
    }
    if let weightGradient = gradient(of: .weights) {
      Convolution.weightGradient(
        input: inputs[0].floats, outputGradient: outputGradient, into: weightGradient, geometry,
        scratch: scratch.floats, pool: pool)
    }
    if let inputGradient = inputGradients[0]?.floats {
      let isInPlace = Convolution.readsWeightsInPlace(geometry, .inputGradient)
      if !isInPlace {
        Convolution.pack(
          parameter(.weights), geometry, .inputGradient, into: backwardPacked.floats, pool: pool)
      }
      Convolution.inputGradient(
        of: outputGradient, packed: isInPlace ? parameter(.weights) : backwardPacked.floats,
        into: inputGradient, accumulate: accumulates[0], geometry, scratch: scratch.floats,
        pool: pool)
    }
  }
}

// The same for integers.

extension LayerStep {
  /// Calls `body` with the factors by which sums of products become outputs, one a channel:
  ///
  ///     inputScale · weightScale[o] / outputScale
  /// - Parameter roundsScaleProduct: whether the product is rounded to `Float` before the division,
  ///   as TensorFlow Lite does for dense layers whose weights have one scale.
  func withMultipliers(
    count: Int, roundsScaleProduct: Bool, _ body: (UnsafePointer<FixedPointMultiplier>) -> Void
  ) {
    let inputScale = site.inputQuantization(0).scale
    let outputScale = Double(site.outputQuantization.scale)
    let weightScales = parameter(.weightScales)
    withUnsafeTemporaryAllocation(of: FixedPointMultiplier.self, capacity: count) { buffer in
      for channel in 0..<count {
        let product =
          roundsScaleProduct
          ? Double(inputScale * weightScales[channel])
          : Double(inputScale) * Double(weightScales[channel])
        buffer.initializeElement(at: channel, to: FixedPointMultiplier(product / outputScale))
      }
      guard let multipliers = buffer.baseAddress else { return }
      body(multipliers)
    }
  }

  /// The bias of a quantised layer, where it has one.
  var integerBias: UnsafePointer<Int32>? {
    optionalParameter(.bias, as: Int32.self).map { UnsafePointer($0) }
  }

  func packIntegerConvolution(
    _ geometry: ConvolutionGeometry, isDense: Bool = false, roundsScaleProduct: Bool = false
  ) {
    withMultipliers(count: geometry.outputChannels, roundsScaleProduct: roundsScaleProduct) {
      IntegerConvolution.pack(
        weights: parameter(.weights, as: Int8.self), bias: integerBias, multipliers: $0,
        quantization: site.convolutionQuantization(isDense: isDense), geometry, for: site.packing,
        into: forwardPacked)
    }
  }

  func integerConvolution(_ geometry: ConvolutionGeometry, isDense: Bool = false) -> () -> Void {
    IntegerConvolution.bound(
      inputs[0].int8, packed: forwardPacked,
      quantization: site.convolutionQuantization(isDense: isDense), into: output.int8, geometry,
      scratch: scratch, pool: pool)
  }
}
