// SPDX-License-Identifier: Apache-2.0

/// Values that are the same for every example. They lie among the parameters; nothing runs.
public struct ConstantLayer: Equatable, Sendable {
  public var shape: Shape
  public init(_ shape: Shape) { self.shape = shape }
}

extension ConstantLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.isEmpty else { throw .inputCount(expected: 0, actual: inputs.count) }
    return shape
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    output == .float32 || output.isInt8
  }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    [ParameterDeclaration(.value, [shape.height, shape.width, shape.channels])]
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    [ParameterDeclaration(.value, [shape.height, shape.width, shape.channels], format: .int8)]
  }

  package func forward(_ step: LayerStep) {}
  package func backward(_ step: LayerStep) {}
}
