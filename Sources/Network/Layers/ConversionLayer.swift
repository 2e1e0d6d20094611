// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Brings its input into the format of its output: quantises, dequantises, or changes the scale.
public struct ConversionLayer: Equatable, Sendable {
  public init() {}
}

extension ConversionLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.first != output
  }

  package func forward(_ step: LayerStep) {
    preconditionFailure("one side of a conversion is quantised")
  }

  package func backward(_ step: LayerStep) {}
}
