// SPDX-License-Identifier: Apache-2.0
import Kernels

extension ConvolutionLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.quantized(parameters(inputs))
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    .integerConvolution(geometry(batch: site.batch, site.inputs[0], site.output), site)
  }

  package func integerPack(_ step: LayerStep) {
    step.packIntegerConvolution(
      geometry(batch: step.site.batch, step.site.inputs[0], step.site.output), hasBias: hasBias)
  }

  package func integerBound(_ step: LayerStep) -> () -> Void {
    step.boundIntegerConvolution(
      geometry(batch: step.site.batch, step.site.inputs[0], step.site.output),
      input: step.integerInput(0))
  }
}

extension DenseLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.quantized(parameters(inputs))
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    .integerConvolution(geometry(site), site)
  }

  package func integerPack(_ step: LayerStep) {
    step.packIntegerConvolution(
      geometry(step.site), hasBias: hasBias, isDense: true, roundsScaleProduct: !hasScalePerUnit)
  }

  package func integerBound(_ step: LayerStep) -> () -> Void {
    step.boundIntegerConvolution(
      geometry(step.site), input: step.integerInput(0).flattened, isDense: true)
  }
}

extension ParameterDeclaration {
  /// Weights, their scales and then the bias, as every layer that multiplies by weights has them:
  /// int8, float32 and int32.
  static func quantized(_ declarations: [ParameterDeclaration]) -> [ParameterDeclaration] {
    declarations.flatMap { declaration -> [ParameterDeclaration] in
      let dimensions = declaration.dimensions
      return switch declaration.role {
      case .weights:
        [
          ParameterDeclaration(.weights, dimensions, format: .int8),
          ParameterDeclaration(.weightScales, [dimensions[0]], .constant(1)),
        ]
      default: [ParameterDeclaration(declaration.role, dimensions, format: .int32)]
      }
    }
  }
}

extension LayerNeeds {
  static func integerConvolution(
    _ geometry: ConvolutionGeometry, _ site: LayerSite
  ) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.forwardPacked = floats(
      bytes: IntegerConvolution.packedByteCount(geometry, for: site.packing))
    needs.forwardScratch = floats(
      bytes: IntegerConvolution.scratchByteCount(geometry, threadCount: site.threadCount))
    return needs
  }
}

extension LayerSite {
  /// What a convolution from the first input to the output needs to know of both.
  func convolutionQuantization(isDense: Bool) -> IntegerConvolution.Quantization {
    let range = integerRange
    return IntegerConvolution.Quantization(
      inputZeroPoint: inputQuantization(0).zeroPoint,
      outputZeroPoint: outputQuantization.zeroPoint, minimum: range.lowerBound,
      maximum: range.upperBound, roundsOnce: isDense)
  }
}

extension LayerStep {
  /// Calls `body` with the factors by which sums of products become outputs, one a channel:
  ///
  ///     inputScale · weightScale[o] / outputScale
  ///
  /// - Parameter roundsScaleProduct: whether the product is rounded to `Float` before the division,
  ///   as TensorFlow Lite does for dense layers whose weights have one scale.
  func withMultipliers(
    count: Int, roundsScaleProduct: Bool, _ body: (UnsafePointer<FixedPointMultiplier>) -> Void
  ) {
    let inputScale = site.inputQuantization(0).scale
    let outputScale = Double(site.outputQuantization.scale)
    let weightScales = parameters[1]
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

  func packIntegerConvolution(
    _ geometry: ConvolutionGeometry, hasBias: Bool, isDense: Bool = false,
    roundsScaleProduct: Bool = false
  ) {
    withMultipliers(count: geometry.outputChannels, roundsScaleProduct: roundsScaleProduct) {
      IntegerConvolution.pack(
        weights: parameter(0, as: Int8.self), bias: hasBias ? parameter(2, as: Int32.self) : nil,
        multipliers: $0, quantization: site.convolutionQuantization(isDense: isDense), geometry,
        for: site.packing, into: forwardPacked)
    }
  }

  func boundIntegerConvolution(
    _ geometry: ConvolutionGeometry, input: TensorView<Int8>, isDense: Bool = false
  ) -> () -> Void {
    IntegerConvolution.bound(
      input, packed: forwardPacked,
      quantization: site.convolutionQuantization(isDense: isDense),
      into: integerOutput, geometry, scratch: scratch, pool: pool)
  }
}
