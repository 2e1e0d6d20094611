// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Quantization
import TestSupport
import Testing

struct LoweringTests {
  /// A classifier ends in probabilities once it is lowered; the original's come from its logits.
  private func expected(_ test: QuantizationCase) throws -> [Float] {
    let model = try test.model()
    guard test.role == .classifier else { return try QuantizationCase.output(model) }
    var graph = model.graph
    _ = try graph.add("softmax", .softmax(SoftmaxLayer()), [graph.output])
    let parameters = try #require(ParameterStore(graph))
    parameters.copyParameters(from: model.parameters)
    return try QuantizationCase.output(
      Model(role: .classifier, graph: graph, parameters: parameters))
  }

  @Test(arguments: QuantizationCase.all)
  func `a lowered model stays the same function`(_ test: QuantizationCase) throws {
    let lowered = try test.model().lowered(forIntegers: false)
    expectClose(try QuantizationCase.output(lowered), try expected(test), tolerance: 2e-4)
    #expect(test.role == .enhancer || lowered.graph.endsInProbabilities)
  }

  @Test func `equalisation changes weights and not the function`() throws {
    let test = QuantizationCase.all[0]
    let lowered = try test.model().lowered(forIntegers: true)
    let before = try QuantizationCase.output(lowered)
    let weights = lowered.parameters.allValues
    #expect(lowered.equalizeLayers() > 3)
    #expect(lowered.parameters.allValues != weights)
    expectClose(try QuantizationCase.output(lowered), before, tolerance: 1e-4)
  }

  @Test func `equalised layers have channels of one range`() throws {
    var graph = Graph()
    let image = try graph.input(height: 6, width: 6, channels: 2)
    let first = try graph.convolution(
      "first", image, channels: 3, kernel: 3, activation: .relu)
    _ = try graph.convolution("second", first, channels: 4, kernel: 1)
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    let model = Model(role: .enhancer, graph: graph, parameters: parameters)
    let lowered = try model.lowered(forIntegers: true)
    #expect(lowered.equalizeLayers() == 1)
    let entries = lowered.parameters.entries.filter { $0.declaration.role == .weights }
    let (a, b) = (
      Array(lowered.parameters.values(of: entries[0])),
      Array(lowered.parameters.values(of: entries[1]))
    )
    for channel in 0..<3 {
      let out = a[channel * 18..<(channel + 1) * 18].map { abs($0) }.max() ?? 0
      let into = stride(from: channel, to: b.count, by: 3).map { abs(b[$0]) }.max() ?? 0
      #expect(abs(out / into - 1) < 1e-3)
    }
  }

  @Test func `what has no lower form is named`() throws {
    var graph = Graph()
    let image = try graph.input(height: 6, width: 6, channels: 2)
    _ = try graph.add(
      "crop", .cropping(CroppingLayer(top: 1, left: 1, height: 4, width: 4)), [image])
    let parameters = try #require(ParameterStore(graph))
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    #expect(throws: QuantizationError.unsupported(node: "crop", operation: "cropping")) {
      try model.lowered(forIntegers: true)
    }
  }
}
