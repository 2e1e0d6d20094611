// SPDX-License-Identifier: Apache-2.0

/// Activation functions from int8 to int8, each of its own scale: the rules of TensorFlow Lite's
/// reference kernels, for one element.
package struct IntegerActivation {
  private let function: ActivationFunction
  private let input: AffineQuantization
  private let output: AffineQuantization
  private let factor: FixedPointMultiplier
  private let slopeFactor: FixedPointMultiplier

  package init(
    _ function: ActivationFunction, _ input: AffineQuantization, output: AffineQuantization
  ) {
    self.function = function
    self.input = input
    self.output = output
    let ratio = Double(input.scale) / Double(output.scale)
    factor = FixedPointMultiplier(ratio)
    if case .leakyReLU(let slope) = function {
      slopeFactor = FixedPointMultiplier(Double(input.scale * slope) / Double(output.scale))
    } else {
      slopeFactor = factor
    }
  }

  /// The output for one input.
  package func callAsFunction(_ x: Int8) -> Int8 {
    let value = Int32(x) - input.zeroPoint
    switch function {
    case .relu: return clamped(factor.apply(value), above: output.zeroPoint, below: 127)
    case .relu6:
      let six = (6 / output.scale).rounded(.toNearestOrAwayFromZero)
      let top = min(127, output.zeroPoint + Int32(min(six, 1000)))
      return clamped(factor.apply(value), above: output.zeroPoint, below: top)
    case .leakyReLU:
      return clamped((value >= 0 ? factor : slopeFactor).apply(value), above: -128, below: 127)
    case .sigmoid: return rounded(ElementaryFunctions.sigmoid(real(value)))
    case .tanh: return rounded(ElementaryFunctions.tanh(real(value)))
    case .gelu:
      return rounded(
        real(value) * (0.5 + 0.5 * ElementaryFunctions.erf(real(value) * 0.707_106_77)))
    }
  }

  private func real(_ value: Int32) -> Float { input.scale * Float(value) }

  private func clamped(_ product: Int32, above low: Int32, below high: Int32) -> Int8 {
    Int8(truncatingIfNeeded: max(low, min(high, product + output.zeroPoint)))
  }

  private func rounded(_ value: Float) -> Int8 {
    let integer = (value / output.scale).rounded(.toNearestOrAwayFromZero)
    return Int8(max(-128, min(127, integer + Float(output.zeroPoint))))
  }
}
