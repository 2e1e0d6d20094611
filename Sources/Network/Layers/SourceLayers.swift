// SPDX-License-Identifier: Apache-2.0

/// Where a graph takes its data from: a run finds them there.
public struct InputLayer: Equatable, Sendable {
  /// The extents of one example.
  public var shape: Shape

  /// An input of examples of `shape`.
  public init(_ shape: Shape) { self.shape = shape }
}

extension InputLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.isEmpty else { throw .inputCount(expected: 0, actual: inputs.count) }
    return shape
  }

  package var properties: LayerProperties { LayerProperties { $0.isSource = true } }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool { true }
  package func forward(_ step: LayerStep) {}
  package func backward(_ step: LayerStep) {}
  package func integerForward(_ step: LayerStep) -> () -> Void { {} }
}

/// Values that are the same for every example. They lie among the parameters.
public struct ConstantLayer: Equatable, Sendable {
  /// The extents of the values.
  public var shape: Shape

  /// A constant of `shape`.
  public init(_ shape: Shape) { self.shape = shape }
}

extension ConstantLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.isEmpty else { throw .inputCount(expected: 0, actual: inputs.count) }
    return shape
  }

  package func parameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    [ParameterDeclaration(.value, [shape.height, shape.width, shape.channels])]
  }

  package func integerParameters(_ inputs: [Shape]) -> [ParameterDeclaration] {
    [ParameterDeclaration(.value, [shape.height, shape.width, shape.channels], format: .int8)]
  }

  package var properties: LayerProperties { LayerProperties { $0.isSource = true } }

  package func forward(_ step: LayerStep) {}
  package func backward(_ step: LayerStep) {}
  package func integerForward(_ step: LayerStep) -> () -> Void { {} }
}

/// The only input of a layer that has one.
func single(_ inputs: [Shape]) throws(ShapeError) -> Shape {
  guard inputs.count == 1 else { throw .inputCount(expected: 1, actual: inputs.count) }
  return inputs[0]
}

/// The common shape of two inputs.
func pair(_ inputs: [Shape]) throws(ShapeError) -> Shape {
  guard inputs.count == 2 else { throw .inputCount(expected: 2, actual: inputs.count) }
  let (first, second) = (inputs[0], inputs[1])
  if first.height != second.height {
    throw .mismatch(.height, expected: first.height, actual: second.height)
  }
  if first.width != second.width {
    throw .mismatch(.width, expected: first.width, actual: second.width)
  }
  if first.channels != second.channels {
    throw .mismatch(.channels, expected: first.channels, actual: second.channels)
  }
  return first
}
