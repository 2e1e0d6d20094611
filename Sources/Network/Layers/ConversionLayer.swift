// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Brings its input into the format of its output: quantises, dequantises, or changes the scale.
public struct ConversionLayer: Equatable, Sendable {
  public init() {}
}

extension ConversionLayer: Layer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    inputs.first != output
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    site.inputFormats[0] != .float32 && site.outputFormat != .float32 ? .table : LayerNeeds()
  }

  package func integerPack(_ step: LayerStep) {
    switch (step.site.inputFormats[0], step.site.outputFormat) {
    case (.int8(let x), .int8(let y)):
      step.fillTable(IntegerLookup.table(for: .rescale, input: x, output: y))
    case (.int8(let x), .uint8(let y)):
      step.fillTable(IntegerLookup.table(for: .rescale, input: x, output: y, to: UInt8.self))
    case (.uint8(let x), .int8(let y)):
      step.fillTable(IntegerLookup.table(for: .rescale, input: x, output: y, from: UInt8.self))
    case (.uint8(let x), .uint8(let y)):
      step.fillTable(
        IntegerLookup.table(
          for: .rescale, input: x, output: y, from: UInt8.self, to: UInt8.self))
    default: break
    }
  }

  package func integerForward(_ step: LayerStep) {
    let unsignedInput: TensorView<UInt8> = step.inputs[0].reinterpreted()
    let unsignedOutput: TensorView<UInt8> = step.output.reinterpreted()
    switch (step.site.inputFormats[0], step.site.outputFormat) {
    case (.float32, .int8(let quantization)):
      Quantize.apply(step.inputs[0], into: step.integerOutput, quantization, pool: step.pool)
    case (.float32, .uint8(let quantization)):
      Quantize.apply(step.inputs[0], into: unsignedOutput, quantization, pool: step.pool)
    case (.int8(let quantization), .float32):
      Dequantize.apply(step.integerInput(0), into: step.output, quantization, pool: step.pool)
    case (.uint8(let quantization), .float32):
      Dequantize.apply(unsignedInput, into: step.output, quantization, pool: step.pool)
    default:
      IntegerLookup.apply(step.table, unsignedInput, into: unsignedOutput, pool: step.pool)
    }
  }

  /// A float graph has none.
  package func forward(_ step: LayerStep) {
    preconditionFailure("one side of a conversion is quantised")
  }

  package func backward(_ step: LayerStep) {}
}
