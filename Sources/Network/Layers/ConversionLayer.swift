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
    var needs = LayerNeeds()
    let isRescaling = site.inputFormats[0] != .float32 && site.outputFormat != .float32
    if isRescaling { needs.forwardPrepared = LayerNeeds.floats(bytes: IntegerLookup.byteCount) }
    return needs
  }

  package func integerPrepare(_ step: LayerStep) {
    let (input, output) = (step.site.inputFormats[0], step.site.outputFormat)
    guard let source = input.quantization, let target = output.quantization else { return }
    FormatConversion.fillRescaling(
      step.table, from: source, isUnsigned: !input.isInt8, to: target,
      isUnsignedOutput: !output.isInt8)
  }

  package func integerForward(_ step: LayerStep) {
    let (input, output) = (step.site.inputFormats[0], step.site.outputFormat)
    switch (input, output) {
    case (.float32, .int8(let quantization)):
      FormatConversion.quantize(
        step.inputs[0], quantization, into: step.integerOutput, pool: step.pool)
    case (.float32, .uint8(let quantization)):
      let target: TensorView<UInt8> = step.output.reinterpreted()
      FormatConversion.quantize(step.inputs[0], quantization, into: target, pool: step.pool)
    case (.int8(let quantization), .float32):
      FormatConversion.dequantize(
        step.integerInput(0), quantization, into: step.output, pool: step.pool)
    case (.uint8(let quantization), .float32):
      let source: TensorView<UInt8> = step.inputs[0].reinterpreted()
      FormatConversion.dequantize(source, quantization, into: step.output, pool: step.pool)
    default:
      IntegerLookup.run(
        step.integerInput(0), table: step.table, into: step.integerOutput, pool: step.pool)
    }
  }

  /// A float graph has none.
  package func forward(_ step: LayerStep) {
    preconditionFailure("one side of a conversion is quantised")
  }

  package func backward(_ step: LayerStep) {}
}

extension LayerStep {
  /// The table of a layer that looks its outputs up, once it is prepared.
  var table: UnsafeMutablePointer<Int8> {
    UnsafeMutableRawPointer(forwardPrepared).assumingMemoryBound(to: Int8.self)
  }
}

extension ActivationLayer {
  package func supports(_ inputs: [ValueFormat], _ output: ValueFormat) -> Bool {
    LayerSite.areUniform(inputs, output)
  }

  package func integerNeeds(_ site: LayerSite) -> LayerNeeds {
    var needs = LayerNeeds()
    needs.forwardPrepared = LayerNeeds.floats(bytes: IntegerLookup.byteCount)
    return needs
  }

  package func integerPrepare(_ step: LayerStep) {
    let activation = IntegerActivation(
      function, step.site.inputQuantization(0), output: step.site.outputQuantization)
    IntegerLookup.fill(step.table) { activation($0) }
  }

  package func integerForward(_ step: LayerStep) {
    IntegerLookup.run(
      step.integerInput(0), table: step.table, into: step.integerOutput, pool: step.pool)
  }
}
