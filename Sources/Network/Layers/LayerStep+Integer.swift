// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What the integer side of layers is bound to.
extension LayerStep {
  /// An input's bytes.
  func integerInput(_ index: Int) -> TensorView<Int8> { inputs[index].reinterpreted() }

  var integerInputs: [TensorView<Int8>] { inputs.map { $0.reinterpreted() } }
  var integerOutput: TensorView<Int8> { output.reinterpreted() }

  /// A parameter whose elements are not floats.
  func parameter<Element>(
    _ index: Int, as element: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer(parameters[index]).assumingMemoryBound(to: element)
  }
}

extension LayerSite {
  /// What an input's integers stand for.
  func inputQuantization(_ index: Int) -> AffineQuantization {
    guard let quantization = inputFormats[index].quantization else {
      preconditionFailure("the input is quantised")
    }
    return quantization
  }

  /// What the output's integers stand for.
  var outputQuantization: AffineQuantization {
    guard let quantization = outputFormat.quantization else {
      preconditionFailure("the output is quantised")
    }
    return quantization
  }

  /// The bytes that the fused activation, if any, leaves as they are.
  var integerRange: ClosedRange<Int8> {
    activation?.integerRange(outputQuantization) ?? Int8.min...Int8.max
  }

  /// Whether every input and the output are `Int8`.
  static func areAllInt8(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    output.isInt8 && inputs.allSatisfy { $0.isInt8 }
  }

  /// Whether every format is `float32`, or every one `int8`.
  static func areUniform(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    areAllInt8(inputs, output) || (output == .float32 && inputs.allSatisfy { $0 == .float32 })
  }
}

extension LayerNeeds {
  /// Floats that hold so many bytes.
  static func floats(bytes: Int) -> Int { (bytes + 3) / 4 }
}

extension ActivationFunction {
  /// The bytes of an output so quantised that the function leaves as they are, where it is a clamp.
  ///
  /// The bounds are rounded as TensorFlow Lite does it: zeroPoint + round(bound / scale), halves
  /// away from zero.
  func integerRange(_ quantization: AffineQuantization) -> ClosedRange<Int8>? {
    func integer(_ bound: Float) -> Int8 {
      let value = (bound / quantization.scale).rounded(.toNearestOrAwayFromZero)
      let limited = max(-1000, min(1000, value))
      return Int8(clamping: quantization.zeroPoint + Int32(limited))
    }
    switch self {
    case .relu: return integer(0)...Int8.max
    case .relu6: return integer(0)...integer(6)
    case .hardTanh: return integer(-1)...integer(1)
    default: return nil
    }
  }
}
