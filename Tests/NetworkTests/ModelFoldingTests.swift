// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

struct ModelFoldingTests {
  private func model(_ graph: Graph) throws -> Model {
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    return Model(role: .classifier, graph: graph, parameters: parameters, labels: ["a", "b"])
  }

  private func output(_ model: Model) throws -> [Float] {
    let pool = try #require(ThreadPool(threadCount: 1))
    let plan = Plan.inference(model.graph, batch: 2, threadCount: 1)
    let session = try #require(Session(plan, model.parameters, pool))
    session.input.fill(NetworkRun.input(model.graph, batch: 2))
    session.forward()
    return session.output.elements
  }

  private static let layers: [Operation] = [
    .convolution(
      ConvolutionLayer(
        outputChannels: 6, window: Window(3, stride: 2, padding: .same), hasBias: false)),
    .convolution(ConvolutionLayer(outputChannels: 6, window: Window(1))),
    .convolution(ConvolutionLayer(outputChannels: 8, window: Window(3), groups: 4)),
    .transposedConvolution(
      TransposedConvolutionLayer(outputChannels: 3, window: Window(2, stride: 2), hasBias: false)),
    .dense(DenseLayer(units: 7)),
  ]

  @Test(arguments: layers)
  func `a layer takes in the normalisation behind it`(_ operation: Operation) throws {
    var graph = Graph()
    let input = try graph.input(height: 5, width: 6, channels: 4)
    let layer = try graph.add("layer", operation, [input])
    let normalization = try graph.add(
      "normalization", .batchNormalization(BatchNormalizationLayer(epsilon: 1e-3)), [layer])
    _ = try graph.activation("activation", normalization, .relu)
    let model = try model(graph)
    let folded = try #require(try model.foldingBatchNormalization())
    #expect(folded.graph.nodes.map(\.name) == ["input", "layer", "activation"])
    #expect(folded.labels == model.labels)
    expectClose(try output(folded), try output(model))
  }

  @Test func `a normalisation stays where its input has another use`() throws {
    var graph = Graph()
    let input = try graph.input(height: 5, width: 6, channels: 3)
    let first = try graph.convolution("first", input, channels: 4, kernel: 3)
    let normalized = try graph.add(
      "one", .batchNormalization(BatchNormalizationLayer()), [first])
    let sum = try graph.add("sum", .addition(AdditionLayer()), [first, normalized])
    let pooled = try graph.maxPool("pool", sum)
    _ = try graph.add("two", .batchNormalization(BatchNormalizationLayer()), [pooled])
    let model = try model(graph)
    let folded = try #require(try model.foldingBatchNormalization())
    #expect(folded.graph == graph)
    #expect(try output(folded) == output(model))
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func `any graph stays the same function`(seed: UInt64) throws {
    let model = try model(try RandomGraph.make(seed: seed))
    let folded = try #require(try model.foldingBatchNormalization())
    expectClose(try output(folded), try output(model), tolerance: 1e-4)
  }

  @Test func `folding keeps named outputs, and layers that are outputs`() throws {
    var graph = Graph()
    let input = try graph.input(height: 4, width: 4, channels: 2)
    let first = try graph.convolution("first", input, channels: 3, kernel: 3, hasBias: false)
    let normalized = try graph.add(
      "normalized", .batchNormalization(BatchNormalizationLayer()), [first])
    let second = try graph.normalizedConvolution("second", normalized, channels: 3, kernel: 3)
    try graph.setOutputs([second, first])
    let parameters = try #require(ParameterStore(graph))
    parameters.fillFromNames()
    let model = Model(role: .enhancer, graph: graph, parameters: parameters)
    let folded = try #require(try model.foldingBatchNormalization())
    #expect(
      folded.graph.nodes.map(\.name)
        == ["input", "first", "normalized", "second", "second/activation"])
    #expect(folded.graph.outputs == [4, 1])
  }

  @Test func `float ends keep the crop`() throws {
    var graph = Graph()
    let input = try graph.input(height: 4, width: 4, channels: 2)
    _ = try graph.dense("layer", input, units: 2)
    let model = Model(
      role: .classifier, graph: graph, parameters: try #require(ParameterStore(graph)),
      preprocessing: Preprocessing(mean: [127.5], deviation: [127.5], crop: .center))
    let floats = try #require(try model.withFloatEnds())
    #expect(floats.preprocessing == Preprocessing(mean: [0], deviation: [255], crop: .center))
  }
}
