// SPDX-License-Identifier: Apache-2.0
import Kernels

/// An operation on two inputs, element by element; extents of 1 are repeated.
///
/// The sum of two tensors of one shape is `AdditionLayer`'s.
public struct ArithmeticLayer: Equatable, Sendable {
  /// What is computed of a and b.
  public enum Function: Equatable, Sendable {
    case addition, subtraction, multiplication
    /// a for a ≥ 0, else a · b: PReLU with the slopes b (He et al., arXiv:1502.01852)
    case parametricReLU
  }

  public var function: Function
  public init(_ function: Function) { self.function = function }

  private var kernel: Arithmetic.Operation {
    switch function {
    case .addition: .add
    case .subtraction: .subtract
    case .multiplication: .multiply
    case .parametricReLU: .parametricReLU
    }
  }
}

extension ArithmeticLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.count == 2 else { throw .inputCount(expected: 2, actual: inputs.count) }
    func extent(
      _ name: StaticShapeExtent, _ a: Int, _ b: Int
    ) throws(ShapeError) -> Int {
      guard a == b || a == 1 || b == 1 else { throw .mismatch(name, expected: a, actual: b) }
      return max(a, b)
    }
    let (a, b) = (inputs[0], inputs[1])
    return Shape(
      height: try extent(.height, a.height, b.height), width: try extent(.width, a.width, b.width),
      channels: try extent(.channels, a.channels, b.channels))
  }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package var fusesActivation: Bool { function != .parametricReLU }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsInputs = site.hasBackward
    needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    return needs
  }

  package func forward(_ step: LayerStep) {
    Arithmetic.forward(
      kernel, step.inputs[0], step.inputs[1], activation: step.site.activation, into: step.output,
      pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    step.undoActivation(hasBias: false)
    Arithmetic.gradient(
      kernel, step.inputs[0], step.inputs[1], of: outputGradient,
      into: (step.inputGradients[0], step.inputGradients[1]),
      accumulate: (step.accumulates[0], step.accumulates[1]))
  }

  package func integerForward(_ step: LayerStep) {
    let (a, b, y) = (step.integerInput(0), step.integerInput(1), step.integerOutput)
    let site = step.site
    let (first, second) = (site.inputQuantization(0), site.inputQuantization(1))
    switch function {
    case .addition, .subtraction:
      IntegerAddition(
        first, second, output: site.outputQuantization, subtracts: function == .subtraction,
        range: site.integerRange
      ).apply(a, b, into: y, pool: step.pool)
    case .multiplication:
      IntegerMultiplication(
        first, second, output: site.outputQuantization, range: site.integerRange
      ).apply(a, b, into: y, pool: step.pool)
    case .parametricReLU:
      IntegerPReLU(first, slope: second, output: site.outputQuantization)
        .apply(a, slope: b, into: y, pool: step.pool)
    }
  }
}
