// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

/// What must hold for any graph: here, for graphs made at random.
struct PlanTests {
  static let seeds: [UInt64] = Array(0..<16)

  private func plan(_ graph: Graph, training: Bool) -> PlanRequest {
    var request = PlanRequest(batch: 2, threadCount: 1)
    if training { configure(&request, graph) }
    return request
  }

  private func configure(_ request: inout PlanRequest, _ graph: Graph) {
    request.lossNodes = [graph.output]
    request.wantsInputGradient = true
  }

  /// Freezes about a third of the nodes.
  private func freeze(_ request: inout PlanRequest, _ graph: Graph, seed: UInt64) {
    var random = RandomGenerator(seed: seed, stream: 7)
    request.frozenNodes = Set(graph.nodes.indices.filter { _ in random.index(below: 3) == 0 })
    request.wantsInputGradient = seed % 2 == 0
  }

  @Test(arguments: seeds)
  func `buffers that live at once never overlap`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    for isTraining in [false, true] {
      let plan = try Plan(graph, plan(graph, training: isTraining))
      #expect(firstConflict(plan.buffers, plan.bufferOffsets, arena: plan.arenaByteCount) == nil)
      #expect(plan.arenaByteCount >= plan.arenaLowerBound)
    }
  }

  /// What one run of training computes.
  private func result(
    _ graph: Graph, threadCount: Int = 1, poison: Float? = nil, batch: Int = 2,
    _ more: (inout PlanRequest) -> Void = { _ in }
  ) throws -> (output: [Float], gradients: [Float], run: NetworkRun) {
    let run = try #require(
      NetworkRun(graph, batch: batch, threadCount: threadCount) { request in
        configure(&request, graph)
        more(&request)
      })
    let weights = NetworkRun.drawn("r", count: batch * graph.outputShape.elementCount, -1..<1)
    run.train(poison: poison) { run.session.gradient(of: graph.output).fill(weights) }
    let wantsInput = run.session.plan.request.wantsInputGradient
    let inputGradient = wantsInput ? run.session.gradient(of: 0).elements : []
    return (run.session.output.elements, inputGradient + run.gradients, run)
  }

  /// No step may read what no step has written, nor what another may have overwritten.
  @Test(arguments: seeds)
  func `dead memory is never read`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    let clean = try result(graph)
    let poisoned = try result(graph, poison: .nan)
    #expect(clean.output.bitPatterns == poisoned.output.bitPatterns)
    #expect(clean.gradients.bitPatterns == poisoned.gradients.bitPatterns)
    #expect(clean.gradients.allSatisfy { $0.isFinite })
  }

  @Test(arguments: seeds)
  func `bytes do not depend on the number of threads`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    let one = try result(graph, batch: 5)
    for threadCount in [2, 5] {
      let more = try result(graph, threadCount: threadCount, batch: 5)
      #expect(one.output.bitPatterns == more.output.bitPatterns)
      #expect(one.gradients.bitPatterns == more.gradients.bitPatterns)
    }
  }

  /// Keeping every output and every gradient leaves no fusion and no sharing: the plain way to
  /// compute the same.
  @Test(arguments: seeds)
  func `fused and shared memory changes no result`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    let everything = Array(graph.nodes.indices)
    let plain = try result(graph) {
      $0.keptValues = everything
      $0.keptGradients = everything
    }
    let usual = try result(graph)
    expectClose(usual.output, plain.output, tolerance: 1e-4)
    expectClose(usual.gradients, plain.gradients, tolerance: 1e-4)
  }

  @Test(arguments: seeds)
  func `kept outputs and gradients survive the run`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    let everything = Array(graph.nodes.indices)
    let plain = try result(graph) {
      $0.keptValues = everything
      $0.keptGradients = everything
    }
    for node in everything where node % 3 == Int(seed % 3) {
      let kept = try result(graph, poison: .nan) {
        $0.keptValues = [node]
        $0.keptGradients = [node]
      }
      expectClose(
        kept.run.session.value(of: node).elements, plain.run.session.value(of: node).elements,
        tolerance: 1e-4, "output of \(node): \(graph.nodes[node])")
      expectClose(
        kept.run.session.gradient(of: node).elements,
        plain.run.session.gradient(of: node).elements,
        tolerance: 1e-4, "gradient of \(node): \(graph.nodes[node])")
    }
  }

  @Test(arguments: seeds)
  func `frozen nodes keep their bytes and others their gradients`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    let everything = Array(graph.nodes.indices)
    let plain = try result(graph) {
      freeze(&$0, graph, seed: seed)
      $0.keptValues = everything
      $0.keptGradients = everything
    }
    let usual = try result(graph, poison: .nan) { freeze(&$0, graph, seed: seed) }
    expectClose(usual.output, plain.output, tolerance: 1e-4)
    expectClose(usual.gradients, plain.gradients, tolerance: 1e-4)
    let frozen = usual.run.session.plan.request.frozenNodes
    let untouched = try #require(ParameterStore(graph))
    untouched.fillFromNames()
    for entry in untouched.entries where frozen.contains(entry.node) {
      #expect(
        [Float](usual.run.parameters.values(of: entry)) == [Float](untouched.values(of: entry)))
    }
  }

  /// Inference, with packed weights kept between runs, and its dead memory overwritten in the
  /// second run.
  @Test(arguments: seeds)
  func `inference repeats itself`(seed: UInt64) throws {
    let graph = try RandomGraph.make(seed: seed)
    let run = try #require(NetworkRun(graph, batch: 2) { _ in })
    run.session.forward()
    let first = run.session.output.elements
    run.session.input.fill(NetworkRun.input(graph, batch: 2))
    run.train(poison: .nan) {}
    #expect(run.session.output.elements.bitPatterns == first.bitPatterns)
    let kept = try #require(
      NetworkRun(graph, batch: 2) { $0.keptValues = Array(graph.nodes.indices) })
    kept.session.forward()
    expectClose(kept.session.output.elements, first, tolerance: 1e-4)
  }

  @Test func `frozen layers take no memory for weight gradients`() throws {
    let graph = try RandomGraph.make(seed: 5)
    var request = plan(graph, training: true)
    let (whole, parameters) = (try Plan(graph, request), try #require(ParameterStore(graph)))
    request.frozenNodes = Set(0..<graph.nodes.count / 2)
    let pool = try #require(ThreadPool(threadCount: 1))
    let half = try Plan(graph, request)
    let sessions = (
      try #require(Session(whole, parameters, pool)), try #require(Session(half, parameters, pool))
    )
    #expect(sessions.1.trainedCount < sessions.0.trainedCount)
    #expect(half.arenaLowerBound < whole.arenaLowerBound)
    #expect(
      sessions.1.trainedParameters.allSatisfy { !request.frozenNodes.contains($0.entry.node) })
  }
}
