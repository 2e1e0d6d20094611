// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// All inputs, one after the other along one axis.
///
/// Along the channels plans let the producers write into the output directly; only an input that
/// cannot is copied.
public struct ConcatenationLayer: Equatable, Sendable {
  /// The extent that the inputs need not share.
  public typealias Axis = TensorAxis

  /// The axis along which the inputs follow one another.
  public var axis: Axis

  /// A concatenation along `axis`.
  public init(axis: Axis = .channels) { self.axis = axis }
}

extension ConcatenationLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard var result = inputs.first else { throw .inputCount(expected: 2, actual: 0) }
    for input in inputs.dropFirst() {
      if axis != .height && input.height != result.height {
        throw .mismatch(.height, expected: result.height, actual: input.height)
      }
      if axis != .width && input.width != result.width {
        throw .mismatch(.width, expected: result.width, actual: input.width)
      }
      if axis != .channels && input.channels != result.channels {
        throw .mismatch(.channels, expected: result.channels, actual: input.channels)
      }
      switch axis {
      case .height: result.height += input.height
      case .width: result.width += input.width
      case .channels: result.channels += input.channels
      }
    }
    return result
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.keepsFormat = true
      $0.selectsInputs = true
    }
  }

  /// Joining bytes is copying them, whatever they stand for.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.allSatisfy { $0 == output }
  }

  package func forward(_ step: LayerStep) {
    join(step.inputs.map { $0.floats }, into: step.output.floats, pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (parts, whole, pool) = (step.inputs.map { $0.bytes }, step.output.bytes, step.pool)
    return { join(parts, into: whole, pool: pool) }
  }

  private func join<Element>(
    _ inputs: [TensorView<Element>], into output: TensorView<Element>, pool: ThreadPool
  ) {
    var offset = 0
    for input in inputs {
      Concatenation.join(input, into: output, at: offset, along: axis, pool: pool)
      offset += Concatenation.extent(input, along: axis)
    }
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient?.floats else { return }
    var offset = 0
    for (index, inputGradient) in step.inputGradients.enumerated() {
      if let inputGradient {
        Concatenation.gradient(
          of: outputGradient, at: offset, along: axis, into: inputGradient.floats,
          accumulate: step.accumulates[index], pool: step.pool)
      }
      offset += Concatenation.extent(step.inputs[index].floats, along: axis)
    }
  }
}

/// The same elements in NHWC order, in other extents. Plans compute nothing for it where they can.
public struct ReshapeLayer: Equatable, Sendable {
  /// The output's extents, of as many elements as the input has.
  public var shape: Shape

  /// A reshaping to `shape`.
  public init(_ shape: Shape) { self.shape = shape }
}

extension ReshapeLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    guard shape.checkedElementCount == input.elementCount else {
      throw .mismatch(.elements, expected: input.elementCount, actual: shape.elementCount)
    }
    return shape
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.identity = .always
      $0.movesElements = true
      $0.preservesValues = true
      $0.selectsInputs = true
      $0.keepsFormat = true
    }
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.allSatisfy { $0 == output }
  }

  package func forward(_ step: LayerStep) {
    Reshape.copy(step.inputs[0].floats, into: step.output.floats)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y) = (step.inputs[0].bytes, step.output.bytes)
    return { Reshape.copy(x, into: y) }
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Reshape.gradient(of: outputGradient, into: inputGradient, accumulate: step.accumulates[0])
  }
}

/// Height, width and channels in another order.
public struct TransposeLayer: Equatable, Sendable {
  /// An axis of an example.
  public typealias Axis = TensorAxis

  /// Which axis of the input becomes the output's height, width and channels.
  public var order: [Axis]

  /// - Precondition: `order` has each axis once.
  public init(_ order: [Axis]) {
    precondition(
      order.count == 3 && [.height, .width, .channels].allSatisfy { order.contains($0) },
      "an order has each axis once")
    self.order = order
  }

  private var axes: (Axis, Axis, Axis) { (order[0], order[1], order[2]) }
}

extension TransposeLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    let input = try single(inputs)
    let extents = order.map { axis in
      switch axis {
      case .height: input.height
      case .width: input.width
      case .channels: input.channels
      }
    }
    return Shape(height: extents[0], width: extents[1], channels: extents[2])
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.movesElements = true
      $0.selectsInputs = true
      $0.keepsFormat = true
    }
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.allSatisfy { $0 == output }
  }

  package func forward(_ step: LayerStep) {
    Transpose.apply(step.inputs[0].floats, into: step.output.floats, order: axes, pool: step.pool)
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].bytes, step.output.bytes, step.pool)
    return { Transpose.apply(x, into: y, order: axes, pool: pool) }
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Transpose.gradient(
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], order: axes)
  }
}
