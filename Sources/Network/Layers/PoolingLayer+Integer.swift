// SPDX-License-Identifier: Apache-2.0
import Kernels

extension PoolingLayer {
  /// Input and output mean the same.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output) && inputs.allSatisfy { $0 == output }
  }

  package func integerForward(_ step: LayerStep) {
    IntegerPooling.run(
      kind == .maximum ? .maximum : .average, step.integerInput(0), into: step.integerOutput,
      geometry(step.site.inputs[0]), range: step.site.integerRange, pool: step.pool)
  }
}
