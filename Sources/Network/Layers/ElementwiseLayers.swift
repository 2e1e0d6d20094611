// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// Where a graph takes its data from.
public struct InputLayer: Equatable, Sendable {
  public var shape: Shape
  public init(_ shape: Shape) { self.shape = shape }
}

extension InputLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard inputs.isEmpty else { throw .inputCount(expected: 0, actual: inputs.count) }
    return shape
  }
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool { true }
  package func forward(_ step: LayerStep) {}
  package func backward(_ step: LayerStep) {}
}

/// An element-wise non-linearity. Plans fuse it into the layer before it wherever they can.
public struct ActivationLayer: Equatable, Sendable {
  public var function: ActivationFunction
  public init(_ function: ActivationFunction) { self.function = function }
}

extension ActivationLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsInputs = site.hasBackward && !function.hasGradientFromOutput
    needs.backwardReadsOutput = site.hasBackward && function.hasGradientFromOutput
    return needs
  }

  package func forward(_ step: LayerStep) {
    Activation.forward(function, step.inputs[0], into: step.output, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    let fromOutput = function.hasGradientFromOutput
    Activation.gradient(
      function, input: fromOutput ? nil : step.inputs[0], output: fromOutput ? step.output : nil,
      of: outputGradient, into: inputGradient, accumulate: step.accumulates[0], pool: step.pool)
  }
}

/// Softmax over the channels of each pixel, of β · x.
public struct SoftmaxLayer: Equatable, Sendable {
  /// The inverse of the temperature. Other than 1 only where the layer is quantised.
  public var beta: Float

  public init(beta: Float = 1) { self.beta = beta }
}

extension SoftmaxLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsOutput = site.hasBackward
    return needs
  }

  package func forward(_ step: LayerStep) {
    Softmax.forward(step.inputs[0], into: step.output, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    Softmax.gradient(
      output: step.output, of: outputGradient, into: inputGradient,
      accumulate: step.accumulates[0], pool: step.pool)
  }
}

/// The element-wise sum of two inputs of one shape.
public struct AdditionLayer: Equatable, Sendable {
  public init() {}
}

extension AdditionLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try pair(inputs) }

  package var fusesActivation: Bool { true }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.backwardReadsOutput = site.hasBackward && site.activation != nil
    return needs
  }

  package func forward(_ step: LayerStep) {
    Addition.forward(
      step.inputs[0], step.inputs[1], activation: step.site.activation, into: step.output,
      pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient else { return }
    step.undoActivation(hasBias: false)
    for (inputGradient, accumulates) in zip(step.inputGradients, step.accumulates) {
      guard let inputGradient else { continue }
      Copy.run(outputGradient, into: inputGradient, accumulate: accumulates, pool: step.pool)
    }
  }
}

/// Two inputs of one shape.
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

/// Dropout (Srivastava et al., 2014), scaled while training so that inference is the identity.
public struct DropoutLayer: Equatable, Sendable {
  public var rate: Float
  public init(rate: Float) { self.rate = rate }
}

extension DropoutLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard rate >= 0, rate < 1 else { throw .attributeOutOfRange(.scale, actual: 1) }
    return try single(inputs)
  }

  package func forward(_ step: LayerStep) {
    if step.site.isTraining && !Machine.isBoard {
      Dropout.forward(
        step.inputs[0], into: step.output, rate: rate, seed: step.seed, pool: step.pool)
    } else {
      Copy.run(step.inputs[0], into: step.output, accumulate: false, pool: step.pool)
    }
  }

  package func backward(_ step: LayerStep) {
    guard let outputGradient = step.outputGradient, let inputGradient = step.inputGradients[0]
    else { return }
    if step.site.isTraining {
      Dropout.gradient(
        of: outputGradient, into: inputGradient, rate: rate, seed: step.seed,
        accumulate: step.accumulates[0], pool: step.pool)
    } else {
      Copy.run(
        outputGradient, into: inputGradient, accumulate: step.accumulates[0], pool: step.pool)
    }
  }
}
