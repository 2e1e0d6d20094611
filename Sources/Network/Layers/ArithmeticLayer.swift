// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// An operation on two inputs, element by element; extents of 1 are repeated.
///
/// The sum of two tensors of one shape is `AdditionLayer`'s.
public struct ArithmeticLayer: Equatable, Sendable {
  /// What is computed of the elements of the first and the second input.
  public typealias Function = ArithmeticFunction

  /// What is computed.
  public var function: Function

  /// A layer that computes `function`.
  public init(_ function: Function) { self.function = function }
}

extension ArithmeticLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 2 else { throw .inputCount(expected: 2, actual: inputs.count) }
    func extent(_ name: LayerAttribute, _ a: Int, _ b: Int) throws(ShapeError) -> Int {
      guard a == b || a == 1 || b == 1 else { throw .mismatch(name, expected: a, actual: b) }
      return max(a, b)
    }
    let (a, b) = (inputs[0], inputs[1])
    return Shape(
      height: try extent(.height, a.height, b.height), width: try extent(.width, a.width, b.width),
      channels: try extent(.channels, a.channels, b.channels))
  }

  package var properties: LayerProperties {
    LayerProperties { $0.fusesActivation = function != .parametricReLU }
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds {
      $0.backwardReadsInputs = site.hasBackward
      $0.backwardReadsOutput = site.hasBackward && site.activation != nil
    }
  }

  package func forward(_ step: LayerStep) {
    Arithmetic.forward(
      function, step.inputs[0].floats, step.inputs[1].floats, activation: step.site.activation,
      into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient?.floats else { return }
    step.undoActivation()
    Arithmetic.gradient(
      function, step.inputs[0].floats, step.inputs[1].floats, of: outputGradient,
      into: (step.inputGradients[0]?.floats, step.inputGradients[1]?.floats),
      accumulate: (step.accumulates[0], step.accumulates[1]))
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (a, b, y) = (step.inputs[0].int8, step.inputs[1].int8, step.output.int8)
    let (site, pool) = (step.site, step.pool)
    let (first, second) = (site.inputQuantization(0), site.inputQuantization(1))
    switch function {
    case .addition, .subtraction:
      let addition = IntegerAddition(
        first, second, output: site.outputQuantization, subtracts: function == .subtraction,
        range: site.integerRange)
      return { addition.apply(a, b, into: y, pool: pool) }
    case .multiplication:
      let multiplication = IntegerMultiplication(
        first, second, output: site.outputQuantization, range: site.integerRange)
      return { multiplication.apply(a, b, into: y, pool: pool) }
    case .parametricReLU:
      let rectifier = IntegerPReLU(first, slope: second, output: site.outputQuantization)
      return { rectifier.apply(a, slope: b, into: y, pool: pool) }
    }
  }
}

/// The element-wise sum of two inputs of one shape.
public struct AdditionLayer: Equatable, Sendable {
  /// It has no attributes.
  public init() {}
}

extension AdditionLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try pair(inputs) }

  package var properties: LayerProperties { LayerProperties { $0.fusesActivation = true } }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds { $0.backwardReadsOutput = site.hasBackward && site.activation != nil }
  }

  package func forward(_ step: LayerStep) {
    Addition.forward(
      step.inputs[0].floats, step.inputs[1].floats, activation: step.site.activation,
      into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient?.floats else { return }
    step.undoActivation()
    for (inputGradient, accumulates) in zip(step.inputGradients, step.accumulates) {
      guard let inputGradient else { continue }
      Copy.run(outputGradient, into: inputGradient.floats, accumulate: accumulates, pool: step.pool)
    }
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    ArithmeticLayer(.addition).integerForward(step)
  }
}
