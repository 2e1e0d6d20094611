// SPDX-License-Identifier: Apache-2.0
import Kernels

extension AdditionLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerForward(_ step: LayerStep) {
    IntegerAddition(
      step.site.inputQuantization(0), step.site.inputQuantization(1),
      output: step.site.outputQuantization, range: step.site.integerRange
    ).run(step.integerInput(0), step.integerInput(1), into: step.integerOutput, pool: step.pool)
  }
}

extension SoftmaxLayer {
  /// The scale and the zero point of a quantised output are prescribed: 1/256 and −128.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    guard LayerSite.areUniform(inputs, output) else { return false }
    guard let quantization = output.quantization else { return true }
    return quantization == AffineQuantization(scale: 1 / 256, zeroPoint: -128)
  }

  package func integerForward(_ step: LayerStep) {
    IntegerSoftmax(scale: step.site.inputQuantization(0).scale)
      .run(step.integerInput(0), into: step.integerOutput)
  }
}
