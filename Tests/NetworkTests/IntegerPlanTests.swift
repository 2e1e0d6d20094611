// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

/// Plans of graphs that hold integers and floats, and training over parameters of a mapped file.
struct IntegerPlanTests {
  private let format = ValueFormat.int8(AffineQuantization(scale: 0.1, zeroPoint: 4))

  /// Floats, quantised for a dense layer of integers; `tail` brings its output back to floats and
  /// puts a dense layer of floats behind.
  private func graph(head: Bool = false, tail: Bool = false) throws -> Graph {
    var graph = Graph()
    var node = try graph.input(height: 1, width: 1, channels: 6)
    if head { node = try graph.dense("head", node, units: 6) }
    node = try graph.add("quantized", .conversion(ConversionLayer()), [node], format: format)
    node = try graph.add("integers", .dense(DenseLayer(units: 5)), [node], format: format)
    if tail {
      node = try graph.add("floats", .conversion(ConversionLayer()), [node])
      node = try graph.dense("tail", node, units: 3)
    }
    return graph
  }

  private func fill(_ store: ParameterStore, weights: (Int) -> Int8) throws {
    for entry in store.entries {
      switch entry.declaration.format {
      case .int8:
        let values = store.bytes(of: entry).bindMemory(to: Int8.self)
        for index in values.indices { values[index] = weights(index) }
      case .float32:
        for index in store.values(of: entry).indices {
          store.values(of: entry)[index] = 0.01 * Float(index + 1)
        }
      case .int32, .int16, .uint8: break
      }
    }
  }

  @Test func `a gradient through integers without one is refused by name`() throws {
    let graph = try graph(head: true)
    var request = PlanRequest(batch: 1, threadCount: 1)
    request.lossNodes = [graph.output]
    let error = PlanError.noGradient(node: "quantized", operation: "conversion", format: format)
    #expect(throws: error) { try Plan(graph, request) }
    #expect(
      error.message == "node 'quantized' (conversion) has no gradient where it computes with int8")
    request.frozenNodes = Set(graph.nodes.indices)
    #expect(try Plan(graph, request).backwardSteps.isEmpty)
    request.wantsInputGradient = true
    #expect(throws: error) { try Plan(graph, request) }
    let parameters = try #require(ParameterStore(graph))
    let pool = try #require(ThreadPool(threadCount: 1))
    let model = Model(role: .classifier, graph: graph, parameters: parameters)
    #expect(throws: SessionError.plan(error)) { try Session(model, request, pool) }
  }

  @Test func `int8 weights without gradients are not trained`() throws {
    let graph = try graph(tail: true)
    var request = PlanRequest(batch: 2, threadCount: 1)
    request.lossNodes = [graph.output]
    let plan = try Plan(graph, request)
    let parameters = try #require(ParameterStore(graph))
    let pool = try #require(ThreadPool(threadCount: 1))
    let session = try #require(Session(plan, parameters, pool))
    #expect(session.trainedParameters.map(\.entry.name) == ["tail/weights", "tail/bias"])
    #expect(plan.backwardSteps.map { graph.nodes[plan.node(ofStep: $0)].name } == ["tail"])
    #expect(graph.formats.map(\.gradientFormat) == [.float32, .int16, .int16, .float32, .float32])
  }

  @Test func `integer weights stay packed while floats behind them train`() throws {
    let graph = try graph(tail: true)
    let parameters = try #require(ParameterStore(graph))
    let pool = try #require(ThreadPool(threadCount: 1))
    var request = PlanRequest(batch: 2, threadCount: 1)
    request.lossNodes = [graph.output]
    try fill(parameters) { Int8($0 % 11) - 5 }
    let session = try #require(Session(try Plan(graph, request), parameters, pool))
    let input = NetworkRun.input(graph, batch: 2)
    func expected() throws -> [Float] {
      let inference = try #require(
        Session(.inference(graph, batch: 2, threadCount: 1), parameters, pool))
      inference.input.fill(input)
      inference.run()
      return inference.output.elements
    }
    func actual() -> [Float] {
      session.input.fill(input)
      for index in 0..<session.plan.stepCount {
        session.overwriteDeadMemory(at: index, with: .nan)
        session.forwardStep(index, seed: 0)
      }
      return session.output.elements
    }
    let first = actual()
    expectClose(first, try expected())
    try fill(parameters) { Int8($0 % 7) - 2 }
    session.parametersChanged()
    let second = actual()
    expectClose(second, try expected())
    #expect(first != second)
  }

  @Test func `mapped parameters are copied before they are trained`() throws {
    var graph = Graph()
    let input = try graph.input(height: 4, width: 4, channels: 2)
    let node = try graph.normalizedConvolution("layer", input, channels: 3, kernel: 3)
    _ = try graph.dense("last", node, units: 2)
    let file = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)
    defer { file.deallocate() }
    for index in 0..<1024 { file.storeBytes(of: 0.5, toByteOffset: index * 4, as: Float.self) }
    let before = [UInt8](file)
    var end = 0
    let store = ParameterStore(graph, owner: nil) { entry in
      defer { end += (entry.declaration.byteCount + 63) / 64 * 64 }
      return UnsafeRawPointer(file.baseAddress.map { $0 + end })
    }
    let parameters = try #require(store)
    var request = PlanRequest(batch: 2, threadCount: 1)
    request.lossNodes = [graph.output]
    request.frozenNodes = [graph.output]
    let pool = try #require(ThreadPool(threadCount: 1))
    let session = try #require(Session(try Plan(graph, request), parameters, pool))
    let optimizer = try #require(
      Optimizer(session, OptimizerOptions(.sgd(momentum: 0, nesterov: false))))
    let average = try #require(WeightAverage(session))
    session.input.fill(NetworkRun.input(graph, batch: 2))
    session.forward()
    session.gradient(of: graph.output).fill([1, 2, -3, 1])
    session.backward()
    optimizer.step(learningRate: 0.1, gradientNorm: optimizer.gradientNorm())
    average.update(decay: 0.5)
    #expect([UInt8](file) == before)
    for entry in parameters.entries {
      let values = [Float](parameters.values(of: entry))
      let isFrozen = entry.node == graph.output
      #expect((values == values.map { _ in 0.5 }) == isFrozen, "\(entry.name)")
      expectClose(
        [Float](average.average.values(of: average.average.entries[entry.index])),
        values.map { 0.25 + $0 / 2 })
    }
  }
}
