// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Quantization
import TestSupport
import Testing

struct PostTrainingTests {
  @Test(arguments: QuantizationCase.all)
  func `a quantised model is near the float model`(_ test: QuantizationCase) throws {
    let exact = try QuantizationCase.output(try test.model().lowered(forIntegers: false))
    let near = try QuantizationCase.output(try test.quantized())
    let (signal, noise) = zip(exact, near).reduce((Float(0), Float(0))) {
      ($0.0 + $1.0 * $1.0, $0.1 + ($1.0 - $1.1) * ($1.0 - $1.1))
    }
    #expect(signal / noise > 60, "less than 18 dB")
  }

  @Test(arguments: QuantizationCase.all)
  func `a quantised model gives the same bytes for any number of threads`(
    _ test: QuantizationCase
  ) throws {
    let model = try test.quantized()
    let one = try QuantizationCase.output(model)
    for threadCount in [2, 5] {
      #expect(try QuantizationCase.output(model, threadCount: threadCount) == one)
    }
  }

  @Test func `layers that are named stay in floats`() throws {
    let float = try QuantizationCase.all[1].model().lowered(forIntegers: true)
    let images = NetworkRun.input(float.graph, batch: QuantizationCase.batch)
    let calibrator = try QuantizationCase.calibrator(float, [images])
    var quantizer = PostTrainingQuantizer(float, calibrator)
    quantizer.floatNodes = ["stem", "logits"]
    let model = try quantizer.quantized()
    for name in ["stem", "stem/activation", "logits"] {
      let node = try #require(model.graph.index(ofNodeNamed: name))
      #expect(model.graph.formats[node] == .float32)
    }
    #expect(model.graph.formats.contains { $0 != .float32 })
    expectClose(
      try QuantizationCase.output(model), try QuantizationCase.output(float), tolerance: 0.05)
    quantizer.floatNodes = ["nothing"]
    #expect(throws: QuantizationError.unknownNode("nothing")) { try quantizer.quantized() }
  }

  @Test func `bias correction takes back the shift of means`() throws {
    var graph = Graph()
    let image = try graph.input(height: 8, width: 8, channels: 3)
    _ = try graph.convolution("layer", image, channels: 16, kernel: 1)
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    // One large weight a channel makes the steps of the others coarse.
    let weights = parameters.values(of: parameters.entries[0])
    for channel in 0..<16 { weights[channel * 3] *= 60 }
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    let images = NetworkRun.input(graph, batch: QuantizationCase.batch)
    let calibrator = try QuantizationCase.calibrator(model, [images])
    func meanErrors(_ corrects: Bool) throws -> Float {
      var quantizer = PostTrainingQuantizer(model, calibrator)
      quantizer.correctsBias = corrects
      let exact = try QuantizationCase.output(model)
      let near = try QuantizationCase.output(try quantizer.quantized())
      return (0..<16).reduce(0) { sum, channel in
        let errors = stride(from: channel, to: exact.count, by: 16).map { near[$0] - exact[$0] }
        return sum + abs(errors.reduce(0, +)) / Float(errors.count)
      }
    }
    #expect(try meanErrors(true) < 0.7 * meanErrors(false))
  }

  @Test func `weights are within half a step, and biases fit`() {
    let values =
      NetworkRun.drawn("weights", count: 5 * 27, -3..<2) + [Float](repeating: 0, count: 27)
    let bias: [Float] = [0.5, -1, 0, 3, 1e-3, 20]
    let weights = QuantizedWeights(values, bias: bias, channels: 6, inputScale: 1e-4)
    for (index, value) in values.enumerated() {
      #expect(abs(weights.value(index) - value) <= weights.scales[index / 27] * 0.501)
    }
    #expect(weights.weights.allSatisfy { $0 >= -127 })
    for (channel, value) in bias.enumerated() {
      let step = weights.scales[channel] * 1e-4
      #expect(abs(Float(weights.bias[channel]) * step - value) <= max(step, abs(value) * 1e-6))
    }
  }
}
