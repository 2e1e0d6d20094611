// SPDX-License-Identifier: Apache-2.0
import Kernels

extension AdditionLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerForward(_ step: LayerStep) {
    ArithmeticLayer(.addition).integerForward(step)
  }
}

extension SoftmaxLayer {
  /// The scale and the zero point of a quantised output are prescribed: 1/256 and −128.
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    guard LayerSite.areUniform(inputs, output) else { return false }
    guard let quantization = output.quantization else { return true }
    return quantization == AffineQuantization(scale: 1 / 256, zeroPoint: -128)
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.forwardPacked = 256
    return needs
  }

  package func integerPack(_ step: LayerStep) {
    let scale = step.site.inputQuantization(0).scale
    for (index, value) in IntegerSoftmax.table(inputScale: scale, beta: beta).enumerated() {
      exponentials(step)[index] = value
    }
  }

  package func integerForward(_ step: LayerStep) {
    IntegerSoftmax.apply(
      exponentials(step), step.integerInput(0), into: step.integerOutput, pool: step.pool)
  }

  private func exponentials(_ step: LayerStep) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(step.forwardPacked).assumingMemoryBound(to: Int32.self)
  }
}

extension ActivationLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds { .table }

  package func integerPack(_ step: LayerStep) {
    step.fillTable(
      IntegerLookup.table(
        for: function.integerFunction, input: step.site.inputQuantization(0),
        output: step.site.outputQuantization))
  }

  package func integerForward(_ step: LayerStep) {
    IntegerLookup.apply(
      step.table, step.integerInput(0), into: step.integerOutput, pool: step.pool)
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

extension LayerNeeds {
  /// Those of a layer that looks its outputs up.
  static var table: LayerNeeds {
    var needs = LayerNeeds()
    needs.forwardPacked = floats(bytes: 256)
    return needs
  }
}

extension LayerStep {
  /// The table of a layer that looks its outputs up, once it is packed.
  var table: UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(forwardPacked).assumingMemoryBound(to: UInt8.self)
  }

  func fillTable(_ values: [UInt8]) {
    for (index, value) in values.enumerated() { table[index] = value }
  }
}
