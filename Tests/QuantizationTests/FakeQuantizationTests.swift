// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Quantization
import TestSupport
import Testing

struct FakeQuantizationTests {
  private func quantizer(_ test: QuantizationCase) throws -> PostTrainingQuantizer {
    let float = try test.model().lowered(forIntegers: true)
    let images = NetworkRun.input(float.graph, batch: QuantizationCase.batch)
    var quantizer = PostTrainingQuantizer(float, try QuantizationCase.calibrator(float, [images]))
    quantizer.correctsBias = false
    return quantizer
  }

  @Test(arguments: QuantizationCase.all)
  func `computes what the integers do`(_ test: QuantizationCase) throws {
    let integers = try test.quantized()
    let fakeQuantized = try integers.fakeQuantized()
    #expect(fakeQuantized.isFakeQuantized)
    #expect(fakeQuantized.graph.formats.allSatisfy { $0 == .float32 })
    let (exact, near) = (
      try QuantizationCase.output(integers), try QuantizationCase.output(fakeQuantized)
    )
    let step = integers.graph.formats[integers.graph.output].quantization?.scale ?? 0
    let difference = zip(exact, near).reduce(Float(0)) { $0 + abs($1.0 - $1.1) }
    // What lies near a half is rounded to the other side now and then, and layers pass it on.
    #expect(difference / Float(exact.count) <= 1.2 * step)
  }

  @Test(arguments: QuantizationCase.all)
  func `becomes the integers that it was fake-quantised for`(_ test: QuantizationCase) throws {
    let quantizer = try quantizer(test)
    let expected = try quantizer.quantized()
    let actual = try quantizer.fakeQuantized().converted()
    #expect(actual.graph == expected.graph)
    for (a, b) in zip(actual.parameters.entries, expected.parameters.entries) {
      #expect(
        actual.parameters.bytes(of: a).elementsEqual(expected.parameters.bytes(of: b)),
        "\(a.name) differs")
    }
  }

  @Test(arguments: QuantizationCase.all)
  func `is gone in a float model`(_ test: QuantizationCase) throws {
    let quantizer = try quantizer(test)
    let float = try test.model().lowered(forIntegers: true)
    #expect(try quantizer.fakeQuantized().lowered(forIntegers: false).graph == float.graph)
  }

  @Test func `what is not rounded has no integers`() throws {
    let float = try QuantizationCase.all[0].model()
    #expect(throws: QuantizationError.notFakeQuantized(node: float.graph.nodes[0].name)) {
      try float.converted()
    }
  }

  @Test func `weights are rounded for as long as they are used`() throws {
    let model = try quantizer(QuantizationCase.all[2]).fakeQuantized()
    let pool = try #require(ThreadPool(threadCount: 2))
    let frozen = try #require(model.graph.index(ofNodeNamed: "logits"))
    let rounding = try #require(WeightRounding(model, frozenNodes: [frozen], pool))
    func values() -> [[Float]] {
      model.parameters.entries.map { Array(model.parameters.values(of: $0)) }
    }
    let before = values()
    let during = rounding.whileRounded(model.parameters, values)
    #expect(values() == before)
    for (index, entry) in model.parameters.entries.enumerated() {
      guard entry.declaration.role == .weights, entry.node != frozen else {
        #expect(during[index] == before[index], "\(entry.name)")
        continue
      }
      let expected = QuantizedWeights(
        before[index], bias: [], channels: entry.declaration.dimensions[0], inputScale: 1)
      #expect(during[index] == before[index].indices.map { expected.value($0) }, "\(entry.name)")
    }
    #expect(during != before)
    #expect(WeightRounding(try QuantizationCase.all[2].model(), frozenNodes: [], pool) == nil)
  }
}
