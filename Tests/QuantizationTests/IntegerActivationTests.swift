// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

struct IntegerActivationTests {
  private static let functions: [ActivationFunction] = [
    .relu, .relu6, .leakyReLU(slope: 0.2), .gelu, .sigmoid, .tanh, .hardSwish, .hardTanh,
  ]

  /// A convolution and a function of the same format, which plans may fuse: the bytes are those of
  /// two steps.
  @Test(arguments: functions)
  func `a function behind a layer of its own format is applied`(
    _ function: ActivationFunction
  ) throws {
    let format = ValueFormat.int8(AffineQuantization(scale: 0.03, zeroPoint: 5))
    var builder = ModelBuilder()
    var random = RandomGenerator(seed: 81)
    func bytes(_ count: Int) -> [Int8] {
      (0..<count).map { _ in Int8(truncatingIfNeeded: Int(random.next() >> 56) - 128) }
    }
    let input = try builder.add(
      "input", .input(InputLayer(Shape(height: 5, width: 6, channels: 3))), format: format)
    let layer = ConvolutionLayer(outputChannels: 4, window: Window(3, padding: .same))
    let convolution = try builder.add(
      "layer", .convolution(layer), [input], format: format,
      parameters: [
        .int8(bytes(4 * 27)), .floats([Float](repeating: 0.01, count: 4)), .int32([3, -9, 70, 0]),
      ])
    try builder.add(
      "function", .activation(ActivationLayer(function)), [convolution], format: format)
    let empty = try #require(ParameterStore(Graph()))
    let model = try #require(
      builder.finished(like: Model(role: .classifier, graph: Graph(), parameters: empty)))
    let images = bytes(5 * 6 * 3)
    let pool = try #require(ThreadPool(threadCount: 1))
    let results = try [false, true].map { keepsLayer in
      var request = PlanRequest(batch: 1, threadCount: 1)
      if keepsLayer { request.keptValues = [convolution] }
      let session = try #require(
        Session(try Plan(model.graph, request), model.parameters, pool))
      images.withUnsafeBytes { session.bytes(of: input).copyMemory(from: $0) }
      session.forward()
      let output = session.integers(of: model.graph.output)
      return (0..<output.pixelCount).flatMap { pixel in
        (0..<output.channels).map { output.pixel(pixel)[$0] }
      }
    }
    #expect(results[0] == results[1])
    let table = IntegerLookup.table(
      for: function.lookup, input: try #require(format.quantization),
      output: try #require(format.quantization))
    #expect(Set(results[0].map { UInt8(bitPattern: $0) }).isSubset(of: Set(table)))
  }
}

extension ActivationFunction {
  fileprivate var lookup: IntegerLookup.Function {
    switch self {
    case .relu: .relu
    case .relu6: .relu6
    case .leakyReLU(let slope): .leakyReLU(slope: slope)
    case .gelu: .gelu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .hardSwish: .hardSwish
    case .hardTanh: .clamp(lower: -1, upper: 1)
    }
  }
}
