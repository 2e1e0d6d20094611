// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// An element-wise non-linearity. Plans fuse it into the layer before it wherever they can.
public struct ActivationLayer: Equatable, Sendable {
  /// The function of one element.
  public var function: ActivationFunction

  /// A layer that applies `function` to each element.
  public init(_ function: ActivationFunction) { self.function = function }
}

extension ActivationLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package var properties: LayerProperties {
    LayerProperties {
      $0.refinesInput = true
      $0.givesProbabilities = function == .sigmoid
      switch function {
      case .sigmoid: $0.prescribedQuantization = .probability
      case .tanh: $0.prescribedQuantization = .symmetricUnit
      case .relu, .leakyReLU: $0.passesPositiveFactors = true
      case .relu6, .gelu, .hardSwish, .hardTanh: break
      }
    }
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds {
      $0.backwardReadsInputs = site.hasBackward && !function.hasGradientFromOutput
      $0.backwardReadsOutput = site.hasBackward && function.hasGradientFromOutput
    }
  }

  package func forward(_ step: LayerStep) {
    Activation.forward(function, step.inputs[0].floats, into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    let fromOutput = function.hasGradientFromOutput
    Activation.gradient(
      function, input: fromOutput ? nil : step.inputs[0].floats,
      output: fromOutput ? step.output.floats : nil, of: outputGradient, into: inputGradient,
      accumulate: step.accumulates[0], pool: step.pool)
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds { .table }

  package func integerPack(_ step: LayerStep) {
    step.fillTable(
      IntegerLookup.table(
        for: function.integerFunction, input: step.site.inputQuantization(0),
        output: step.site.outputQuantization))
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].int8, step.output.int8, step.pool)
    let table = step.table
    return { IntegerLookup.apply(table, x, into: y, pool: pool) }
  }
}

extension ActivationFunction {
  /// The function of one byte.
  fileprivate var integerFunction: IntegerLookup.Function {
    switch self {
    case .relu: .relu
    case .relu6: .relu6
    case .leakyReLU(let slope): .leakyReLU(slope: slope)
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .hardSwish: .hardSwish
    case .hardTanh: .clamp(lower: -1, upper: 1)
    case .gelu: .gelu
    }
  }
}

extension AffineQuantization {
  /// What TensorFlow Lite prescribes for probabilities.
  package static let probability = AffineQuantization(scale: 1 / 256, zeroPoint: -128)
  /// What it prescribes for tanh.
  package static let symmetricUnit = AffineQuantization(scale: 1 / 128, zeroPoint: 0)
}

/// Softmax over the channels of each pixel, of β · x.
public struct SoftmaxLayer: Equatable, Sendable {
  /// The inverse of the temperature. Floats have 1 only.
  public var beta: Float

  /// A softmax of β · x.
  public init(beta: Float = 1) { self.beta = beta }
}

extension SoftmaxLayer: FloatLayer, IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package var properties: LayerProperties {
    LayerProperties {
      $0.givesProbabilities = true
      $0.prescribedQuantization = .probability
    }
  }

  package var supportsFloats: Bool { beta == 1 }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds { $0.backwardReadsOutput = site.hasBackward }
  }

  package func forward(_ step: LayerStep) {
    Softmax.forward(step.inputs[0].floats, into: step.output.floats, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    Softmax.gradient(
      output: step.output.floats, of: outputGradient, into: inputGradient,
      accumulate: step.accumulates[0], pool: step.pool)
  }

  /// Its output's integers mean what is prescribed.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    output == .int8(.probability) && inputs.allSatisfy { $0.isInt8 }
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds { $0.forwardPacked = 256 * MemoryLayout<Int32>.stride }
  }

  package func integerPack(_ step: LayerStep) {
    let scale = step.site.inputQuantization(0).scale
    let exponentials = exponentials(step)
    for (index, value) in IntegerSoftmax.table(inputScale: scale, beta: beta).enumerated() {
      exponentials[index] = value
    }
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0].int8, step.output.int8, step.pool)
    let exponentials = exponentials(step)
    return { IntegerSoftmax.apply(exponentials, x, into: y, pool: pool) }
  }

  private func exponentials(_ step: LayerStep) -> UnsafeMutablePointer<Int32> {
    step.forwardPacked.assumingMemoryBound(to: Int32.self)
  }
}
