// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Testing

struct GraphTests {
  private static func graph(_ height: Int = 6, _ width: Int = 8, _ channels: Int = 4) throws
    -> Graph
  {
    var graph = Graph()
    _ = try graph.input(height: height, width: width, channels: channels)
    return graph
  }

  /// One operation that does not fit a 6×8×4 input, and why.
  struct Misfit: Sendable, CustomTestStringConvertible {
    var operation: Operation
    var inputs: [Int] = [0]
    var error: ShapeError
    var testDescription: String { "\(operation.name): \(error)" }
  }

  private static func convolution(
    _ channels: Int = 4, _ window: Window = Window(3), dilation: Int = 1, groups: Int = 1
  ) -> Operation {
    .convolution(
      ConvolutionLayer(
        outputChannels: channels, window: window, dilationHeight: dilation,
        dilationWidth: dilation, groups: groups))
  }

  /// 17 rows would be those of an input of 7.
  private static var tallTransposedConvolution: TransposedConvolutionLayer {
    var layer = TransposedConvolutionLayer(outputChannels: 2, window: Window(4, stride: 2))
    layer.outputHeight = 17
    return layer
  }

  static let misfits: [Misfit] = [
    Misfit(
      operation: .input(InputLayer(Shape(height: 1, width: 1, channels: 1))),
      error: .inputCount(expected: 0, actual: 1)),
    Misfit(operation: convolution(), inputs: [], error: .inputCount(expected: 1, actual: 0)),
    Misfit(operation: convolution(0), error: .attributeOutOfRange(.channels, actual: 0)),
    Misfit(operation: convolution(groups: 0), error: .attributeOutOfRange(.groups, actual: 0)),
    Misfit(
      operation: convolution(6, groups: 3),
      error: .notDivisible(.channels, by: 3, actual: 4)),
    Misfit(
      operation: convolution(3, groups: 2),
      error: .notDivisible(.channels, by: 2, actual: 3)),
    Misfit(
      operation: convolution(4, Window(7)), error: .emptyOutput(inputHeight: 6, inputWidth: 8)),
    Misfit(
      operation: convolution(4, Window(0)), error: .attributeOutOfRange(.kernel, actual: 0)),
    Misfit(
      operation: convolution(4, Window(1 << 40)),
      error: .attributeOutOfRange(.kernel, actual: 1 << 40)),
    Misfit(
      operation: convolution(4, Window(3, stride: 0)),
      error: .attributeOutOfRange(.stride, actual: 0)),
    Misfit(
      operation: convolution(dilation: 0), error: .attributeOutOfRange(.dilation, actual: 0)),
    Misfit(
      operation: convolution(4, Window(3, padding: .all(-2))),
      error: .attributeOutOfRange(.padding, actual: -2)),
    Misfit(
      operation: .transposedConvolution(
        TransposedConvolutionLayer(outputChannels: 0, window: Window(2, stride: 2))),
      error: .attributeOutOfRange(.channels, actual: 0)),
    Misfit(
      operation: .transposedConvolution(
        TransposedConvolutionLayer(outputChannels: 2, window: Window(2, stride: 0))),
      error: .attributeOutOfRange(.stride, actual: 0)),
    Misfit(
      operation: .transposedConvolution(tallTransposedConvolution),
      error: .mismatch(.height, expected: 6, actual: 7)),
    Misfit(
      operation: .dense(DenseLayer(units: 0)), error: .attributeOutOfRange(.channels, actual: 0)),
    Misfit(
      operation: .pooling(PoolingLayer(.maximum, Window(17, padding: .same))),
      error: .attributeOutOfRange(.kernel, actual: 17)),
    Misfit(
      operation: .pooling(PoolingLayer(.average, Window(9))),
      error: .emptyOutput(inputHeight: 6, inputWidth: 8)),
    Misfit(
      operation: .channelAffine(ChannelAffineLayer(multiplier: [1, 2, 3], shift: [0])),
      error: .mismatch(.channels, expected: 4, actual: 3)),
    Misfit(
      operation: .addition(AdditionLayer()), error: .inputCount(expected: 2, actual: 1)),
    Misfit(
      operation: .addition(AdditionLayer()), inputs: [0, 1],
      error: .mismatch(.height, expected: 6, actual: 3)),
    Misfit(
      operation: .concatenation(ConcatenationLayer()), inputs: [],
      error: .inputCount(expected: 2, actual: 0)),
    Misfit(
      operation: .concatenation(ConcatenationLayer()), inputs: [0, 1],
      error: .mismatch(.height, expected: 6, actual: 3)),
    Misfit(
      operation: .resize(ResizeLayer(.nearest, factor: 0)),
      error: .attributeOutOfRange(.scale, actual: 0)),
    Misfit(
      operation: .dropout(DropoutLayer(rate: 1)), error: .numberOutOfRange(.rate, actual: 1)),
    Misfit(
      operation: .padding(PaddingLayer(top: -1, bottom: 0, left: 0, right: 0, mode: .zero)),
      error: .attributeOutOfRange(.padding, actual: -1)),
    Misfit(
      operation: .padding(PaddingLayer(top: 6, bottom: 0, left: 0, right: 0, mode: .reflect)),
      error: .attributeOutOfRange(.padding, actual: 6)),
    Misfit(
      operation: .cropping(CroppingLayer(top: 3, left: 0, height: 4, width: 8)),
      error: .emptyOutput(inputHeight: 6, inputWidth: 8)),
    Misfit(
      operation: .boundedResidual(BoundedResidualLayer(limit: 0)), inputs: [0, 0],
      error: .numberOutOfRange(.limit, actual: 0)),
    Misfit(
      operation: .fakeQuantization(
        FakeQuantizationLayer(AffineQuantization(scale: 0, zeroPoint: 0))),
      error: .numberOutOfRange(.scale, actual: 0)),
    Misfit(
      operation: .fakeQuantization(
        FakeQuantizationLayer(AffineQuantization(scale: 1, zeroPoint: 200))),
      error: .attributeOutOfRange(.zeroPoint, actual: 200)),
    Misfit(
      operation: .transposedConvolution(
        TransposedConvolutionLayer(
          outputChannels: 2,
          window: Window(height: 2, width: 2, strideHeight: 2, strideWidth: -3))),
      error: .attributeOutOfRange(.stride, actual: -3)),
  ]

  @Test(arguments: misfits)
  func `an operation that does not fit is refused by name`(_ misfit: Misfit) throws {
    var graph = try Self.graph()
    _ = try graph.maxPool("halved", 0)
    let before = graph
    #expect(
      throws: GraphError.shape(
        node: "layer", operation: misfit.operation.name, misfit.error)
    ) { try graph.add("layer", misfit.operation, misfit.inputs) }
    #expect(graph == before)
  }

  @Test func `an unknown input is refused`() throws {
    var graph = try Self.graph()
    for input in [1, -1] {
      #expect(throws: GraphError.unknownInput(node: "layer", input: input)) {
        try graph.dense("layer", input, units: 2)
      }
    }
  }

  @Test func `a name is taken once`() throws {
    var graph = try Self.graph()
    _ = try graph.dense("layer", 0, units: 2)
    #expect(throws: GraphError.duplicateName("layer")) {
      try graph.dense("layer", 0, units: 2)
    }
  }

  @Test func `an output beyond all memory is refused`() throws {
    let huge = Shape(height: 1 << 20, width: 1 << 20, channels: 4)
    var graph = Graph()
    #expect(throws: GraphError.tooLarge(node: "input", huge)) {
      try graph.add("input", .input(InputLayer(huge)))
    }
    #expect(throws: GraphError.self) {
      try graph.add(
        "input", .input(InputLayer(Shape(height: Int.max, width: Int.max, channels: 2))))
    }
    #expect(throws: GraphError.self) {
      try graph.add("input", .input(InputLayer(Shape(height: 0, width: 4, channels: 2))))
    }
  }

  @Test func `parameters beyond all memory are refused by role`() throws {
    var graph = try Self.graph(1 << 10, 1 << 10, 4)
    #expect(
      throws: GraphError.parameterTooLarge(
        node: "layer", .weights, dimensions: [1 << 10, 1 << 22])
    ) { try graph.dense("layer", 0, units: 1 << 10) }
  }

  @Test func `floats have no softmax with another temperature`() throws {
    var graph = try Self.graph()
    #expect(throws: GraphError.format(node: "layer", operation: "softmax", .float32)) {
      try graph.add("layer", .softmax(SoftmaxLayer(beta: 2)), [0])
    }
  }

  @Test func `same padding puts the odd pixel below and to the right`() throws {
    var graph = try Self.graph(7, 8, 1)
    let node = try graph.convolution("layer", 0, channels: 1, kernel: 3, stride: 2)
    #expect(graph.shapes[node] == Shape(height: 4, width: 4, channels: 1))
    let run = SpatialPadding.same
    #expect(try output(run, on: 8) == Shape(height: 4, width: 4, channels: 1))
  }

  private func output(_ padding: SpatialPadding, on size: Int) throws -> Shape {
    var graph = try Self.graph(size, size, 1)
    let layer = ConvolutionLayer(outputChannels: 1, window: Window(3, stride: 2, padding: padding))
    let node = try graph.add("layer", .convolution(layer), [0])
    return graph.shapes[node]
  }

  @Test func `a graph follows another`() throws {
    var first = try Self.graph(6, 8, 3)
    let wide = try first.convolution("layer", 0, channels: 3, kernel: 3)
    var second = try Self.graph(6, 8, 3)
    let left = try second.convolution("layer", 0, channels: 3, kernel: 3)
    try second.add("sum", .addition(AdditionLayer()), [0, left])
    let both = try first.followed(by: second, prefixes: ("a/", "b/"))
    #expect(both.nodes.map(\.name) == ["a/input", "a/layer", "b/layer", "b/sum"])
    #expect(both.nodes[2].inputs == [wide])
    #expect(both.nodes[3].inputs == [wide, 2])
    #expect(both.multiplyAccumulates == first.multiplyAccumulates + second.multiplyAccumulates)
    #expect(both.nodes(withPrefix: "b/") == [2, 3])
  }

  @Test func `graphs whose images differ do not follow each other`() throws {
    let first = try Self.graph(6, 8, 3)
    let second = try Self.graph(6, 8, 1)
    #expect(
      throws: GraphError.seam(output: first.outputShape, input: second.inputShape)
    ) { try first.followed(by: second, prefixes: ("a/", "b/")) }
  }

  @Test func `multiply-accumulates and parameters are counted`() throws {
    var graph = try Self.graph(6, 8, 4)
    let first = try graph.normalizedConvolution("first", 0, channels: 8, kernel: 3, stride: 2)
    _ = try graph.dense("second", first, units: 5)
    #expect(graph.multiplyAccumulates == 3 * 4 * 8 * 9 * 4 + 5 * 3 * 4 * 8)
    #expect(graph.learntParameterCount() == 8 * 9 * 4 + 2 * 8 + 5 * 96 + 5)
  }
}
