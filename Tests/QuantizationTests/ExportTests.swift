// SPDX-License-Identifier: Apache-2.0
import Kernels
import ModelFormats
import Network
import Quantization
import TestSupport
import Testing

/// Models that are written and read again.
struct ExportTests {
  private func readBack(
    _ model: Model, _ type: TFLiteExport.WeightType = .float32, _ body: (Model) throws -> Void
  ) throws {
    let bytes = try TFLiteExport(model, weights: type).serialized()
    try bytes.withUnsafeBytes { bytes in
      var read = try Model(try TFLiteFile(reading: bytes), owner: nil)
      read.role = model.role
      try body(read)
    }
  }

  @Test(arguments: QuantizationCase.all)
  func `a quantised model comes back byte for byte`(_ test: QuantizationCase) throws {
    let model = try test.quantized()
    let expected = try QuantizationCase.output(model)
    try readBack(model) { read in
      let output = try QuantizationCase.output(read)
      #expect(output == expected)
      #expect(read.graph.formats[read.graph.output] == model.graph.formats[model.graph.output])
    }
  }

  @Test(arguments: QuantizationCase.all)
  func `a float model comes back with the same numbers`(_ test: QuantizationCase) throws {
    let model = try test.model().lowered(forIntegers: false)
    let expected = try QuantizationCase.output(model)
    try readBack(model) { expectClose(try QuantizationCase.output($0), expected) }
  }

  @Test(arguments: QuantizationCase.all)
  func `halves are half the size and near`(_ test: QuantizationCase) throws {
    let model = try test.model().lowered(forIntegers: false)
    let expected = try QuantizationCase.output(model)
    try readBack(model, .float16) {
      expectClose(try QuantizationCase.output($0), expected, tolerance: 0.02)
    }
    let whole = try TFLiteExport(model).serialized().count
    let half = try TFLiteExport(model, weights: .float16).serialized().count
    #expect(half < whole)
  }

  @Test func `what TensorFlow Lite lacks is named`() throws {
    var graph = Graph()
    let image = try graph.input(height: 6, width: 6, channels: 2)
    _ = try graph.add("dropped", .dropout(DropoutLayer(rate: 0.5)), [image])
    let parameters = try #require(ParameterStore(graph))
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    #expect(throws: TFLiteExportError.unsupported(node: "dropped", operation: "dropout")) {
      _ = try TFLiteExport(model)
    }
  }
}
