// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

/// Every operation, in every surrounding that a plan treats in its own way, against finite
/// differences.
struct LayerGradientTests {
  /// A graph of 5×6 pixels with four channels.
  private static func start() throws -> (graph: Graph, input: Int) {
    var graph = Graph()
    let input = try graph.input(height: 5, width: 6, channels: 4)
    return (graph, input)
  }

  private func expectGradients(
    _ graph: Graph, configure: (inout PlanRequest) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let made = GradientCheck(graph, configure: configure)
    var check = try #require(made)
    check.compare()
    #expect(check.failures.isEmpty, sourceLocation: sourceLocation)
    #expect(check.kinkCount * 2 <= check.differenceCount, sourceLocation: sourceLocation)
  }

  @Test(arguments: LayerCase.all)
  func `behind the input alone`(_ layer: LayerCase) throws {
    var (graph, input) = try Self.start()
    _ = try layer.add(&graph, "", input)
    try expectGradients(graph)
  }

  @Test(arguments: LayerCase.all)
  func `between trained layers`(_ layer: LayerCase) throws {
    var (graph, input) = try Self.start()
    let before = try graph.convolution("before", input, channels: 4, kernel: 1)
    let node = try layer.add(&graph, "", before)
    _ = try graph.dense("after", node, units: 5)
    try expectGradients(graph)
  }

  @Test(arguments: LayerCase.all)
  func `frozen between trained layers`(_ layer: LayerCase) throws {
    var (graph, input) = try Self.start()
    let before = try graph.convolution("before", input, channels: 4, kernel: 1, activation: .tanh)
    let node = try layer.add(&graph, "", before)
    _ = try graph.dense("after", node, units: 5)
    let frozen = Set(before + 1...node)
    try expectGradients(graph) { $0.frozenNodes = frozen }
  }

  /// Input and output of the operation are channels of wider tensors, and the input's gradient is
  /// added to.
  @Test(arguments: LayerCase.all)
  func `in channels of wider tensors`(_ layer: LayerCase) throws {
    var (graph, input) = try Self.start()
    let first = try graph.convolution("first", input, channels: 4, kernel: 1, activation: .tanh)
    let second = try graph.convolution("second", input, channels: 4, kernel: 1)
    let left = try layer.add(&graph, "left/", first)
    let right = try layer.add(&graph, "right/", second)
    let inputs = try graph.add(
      "inputs", .concatenation(ConcatenationLayer()), [first, second])
    let outputs = try graph.add(
      "outputs", .concatenation(ConcatenationLayer()), [left, right])
    let (a, b) = (
      try graph.dense("a", inputs, units: 3), try graph.dense("b", outputs, units: 3)
    )
    try graph.add("sum", .addition(AdditionLayer()), [a, b])
    try expectGradients(graph)
  }

  @Test(arguments: LayerCase.all)
  func `one of several consumers`(_ layer: LayerCase) throws {
    var (graph, input) = try Self.start()
    let shared = try graph.convolution("shared", input, channels: 4, kernel: 1)
    var sum = try graph.dense("direct", shared, units: 3)
    for name in ["one", "two"] {
      let node = try layer.add(&graph, name + "/layer/", shared)
      let units = try graph.dense(name + "/units", node, units: 3)
      sum = try graph.add(name + "/sum", .addition(AdditionLayer()), [sum, units])
    }
    try expectGradients(graph)
  }

  @Test func `a wrong gradient is noticed`() throws {
    var (graph, input) = try Self.start()
    _ = try graph.convolution("layer", input, channels: 4, kernel: 3, activation: .tanh)
    var check = try #require(GradientCheck(graph))
    check.compare(factor: 1.02)
    #expect(!check.failures.isEmpty)
  }

  @Test func `losses at two nodes add up`() throws {
    var (graph, input) = try Self.start()
    let first = try graph.convolution("first", input, channels: 3, kernel: 3, activation: .tanh)
    let second = try graph.convolution("second", first, channels: 2, kernel: 3)
    func gradients(_ nodes: [Int]) throws -> [Float] {
      let run = try #require(
        NetworkRun(graph, batch: 2) { $0.lossNodes = [first, second] })
      run.session.forward()
      for node in [first, second] {
        let count = 2 * graph.shapes[node].elementCount
        let values = NetworkRun.drawn("r\(node)", count: count, -1..<1)
        run.session.gradient(of: node)
          .fill(nodes.contains(node) ? values : [Float](repeating: 0, count: count))
      }
      run.session.backward()
      return run.gradients
    }
    let sum = zip(try gradients([first]), try gradients([second])).map { $0 + $1 }
    expectClose(try gradients([first, second]), sum)
  }
}
