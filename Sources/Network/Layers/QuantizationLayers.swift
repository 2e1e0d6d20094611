// SPDX-License-Identifier: Apache-2.0
public import Kernels

/// Brings its input into the format of its output: quantises, dequantises, or changes the scale.
public struct ConversionLayer: Equatable, Sendable {
  /// It has no attributes: the formats of its input and its output say all.
  public init() {}
}

extension ConversionLayer: IntegerLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape { try single(inputs) }

  package var properties: LayerProperties { LayerProperties { $0.preservesValues = true } }

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
        IntegerLookup.table(for: .rescale, input: x, output: y, from: UInt8.self, to: UInt8.self))
    case (.float32, _), (_, .float32): break
    }
  }

  package func integerForward(_ step: LayerStep) -> () -> Void {
    let (x, y, pool) = (step.inputs[0], step.output, step.pool)
    switch (step.site.inputFormats[0], step.site.outputFormat) {
    case (.float32, .int8(let quantization)):
      return { Quantize.apply(x.floats, into: y.int8, quantization, pool: pool) }
    case (.float32, .uint8(let quantization)):
      return { Quantize.apply(x.floats, into: y.bytes, quantization, pool: pool) }
    case (.int8(let quantization), .float32):
      return { Dequantize.apply(x.int8, into: y.floats, quantization, pool: pool) }
    case (.uint8(let quantization), .float32):
      return { Dequantize.apply(x.bytes, into: y.floats, quantization, pool: pool) }
    case (.int8, _), (.uint8, _), (.float32, .float32):
      let table = step.table
      return { IntegerLookup.apply(table, x.bytes, into: y.bytes, pool: pool) }
    }
  }
}

/// Rounds floats to what 8-bit integers can say, and lets gradients pass where they do not clamp:
/// a float graph with such nodes computes as its quantised form will, and can be trained.
public struct FakeQuantizationLayer: Equatable, Sendable {
  /// What the integers −128 to 127 stand for.
  public var quantization: AffineQuantization

  /// A layer that rounds to the 256 numbers of `quantization`.
  public init(_ quantization: AffineQuantization) { self.quantization = quantization }
}

extension FakeQuantizationLayer: FloatLayer {
  package func outputShape(_ inputs: [Shape]) throws(ShapeError) -> Shape {
    guard quantization.scale > 0, quantization.scale < .infinity else {
      throw .numberOutOfRange(.scale, actual: quantization.scale)
    }
    guard -128...127 ~= quantization.zeroPoint else {
      throw .attributeOutOfRange(.zeroPoint, actual: Int(quantization.zeroPoint))
    }
    return try single(inputs)
  }

  package var properties: LayerProperties {
    LayerProperties {
      $0.preservesValues = true
      $0.refinesInput = true
    }
  }

  package func needs(_ site: LayerSite) -> LayerNeeds {
    LayerNeeds { $0.backwardReadsInputs = site.hasBackward }
  }

  package func forward(_ step: LayerStep) {
    FakeQuantize.forward(
      step.inputs[0].floats, into: step.output.floats, quantization, pool: step.pool)
  }

  package func backward(_ step: LayerStep) {
    guard let (outputGradient, inputGradient) = step.gradients else { return }
    FakeQuantize.gradient(
      input: step.inputs[0].floats, of: outputGradient, into: inputGradient, quantization,
      accumulate: step.accumulates[0], pool: step.pool)
  }
}
