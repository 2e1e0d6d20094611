// SPDX-License-Identifier: Apache-2.0
import Kernels

extension PoolingLayer {
  /// Input and output mean the same.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output) && inputs.allSatisfy { $0 == output }
  }

  package func integerForward(_ step: LayerStep) {
    let (x, y) = (step.integerInput(0), step.integerOutput)
    let geometry = geometry(step.site.inputs[0])
    let range = step.site.integerRange
    switch kind {
    case .maximum: IntegerPooling.maximum(x, into: y, geometry, range: range, pool: step.pool)
    case .average: IntegerPooling.average(x, into: y, geometry, range: range, pool: step.pool)
    }
  }
}
