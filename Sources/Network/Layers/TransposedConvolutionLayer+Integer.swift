// SPDX-License-Identifier: Apache-2.0
import Kernels

extension TransposedConvolutionLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    ParameterDeclaration.quantized(parameters(inputs))
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    let geometry = geometry(batch: site.batch, site.inputs[0], site.output)
    var needs = LayerNeeds()
    needs.forwardPacked = LayerNeeds.floats(
      bytes: IntegerTransposedConvolution.packedByteCount(geometry, for: site.packing))
    needs.forwardScratch = LayerNeeds.floats(
      bytes: IntegerTransposedConvolution.scratchByteCount(
        geometry, threadCount: site.threadCount))
    return needs
  }

  package func integerPack(_ step: LayerStep) {
    let site = step.site
    step.withMultipliers(count: outputChannels, roundsScaleProduct: false) {
      IntegerTransposedConvolution.pack(
        weights: step.parameter(0, as: Int8.self),
        bias: hasBias ? step.parameter(2, as: Int32.self) : nil, multipliers: $0,
        quantization: site.convolutionQuantization(isDense: false),
        geometry(batch: site.batch, site.inputs[0], site.output), for: site.packing,
        into: step.forwardPacked)
    }
  }

  package func integerForward(_ step: LayerStep) {
    let site = step.site
    IntegerTransposedConvolution.forward(
      step.integerInput(0), packed: step.forwardPacked,
      quantization: site.convolutionQuantization(isDense: false), into: step.integerOutput,
      geometry(batch: site.batch, site.inputs[0], site.output), scratch: step.scratch,
      pool: step.pool)
  }
}
