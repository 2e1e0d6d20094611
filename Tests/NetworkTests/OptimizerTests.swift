// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import TestSupport
import Testing

/// What `GoldenTests` do not see: clipping, rates of their own, resuming. The rules themselves are
/// compared there.
struct OptimizerTests {
  private func run(frozen: Set<Int> = []) throws -> NetworkRun {
    var graph = Graph()
    let input = try graph.input(height: 4, width: 4, channels: 3)
    let node = try graph.normalizedConvolution("first", input, channels: 5, kernel: 3)
    _ = try graph.dense("second", node, units: 3)
    return try #require(
      NetworkRun(graph, batch: 4) {
        $0.lossNodes = [graph.output]
        $0.frozenNodes = frozen
      })
  }

  /// One training run towards random gradients of the output.
  private func backward(_ run: NetworkRun, scale: Float = 1) {
    run.session.input.fill(NetworkRun.input(run.graph, batch: 4))
    run.session.forward()
    let gradient = run.session.gradient(of: run.graph.output)
    gradient.fill(
      NetworkRun.drawn("r", count: gradient.elementCount, -1..<1).map { $0 * scale })
    run.session.backward()
  }

  private func norm(_ values: [Float]) -> Float {
    Float(values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
  }

  @Test func `the norm is that of all gradients`() throws {
    let run = try run()
    backward(run)
    let optimizer = try #require(
      Optimizer(run.session, OptimizerOptions(.sgd(momentum: 0, nesterov: false))))
    let expected = norm(run.gradients)
    #expect(abs(optimizer.gradientNorm() - expected) <= 1e-5 * expected)
    run.session.gradient(of: run.session.trainedParameters[1])[0] = .nan
    #expect(!optimizer.gradientNorm().isFinite)
  }

  @Test(arguments: [0.5, 2] as [Float])
  func `gradients are clipped to a norm and left alone below it`(_ factor: Float) throws {
    let run = try run()
    let before = run.parameters.allValues
    backward(run)
    let total = norm(run.gradients)
    let gradients = run.gradients
    let options = OptimizerOptions(
      .sgd(momentum: 0, nesterov: false), gradientClip: factor * total)
    let optimizer = try #require(Optimizer(run.session, options))
    optimizer.step(learningRate: 0.1, gradientNorm: optimizer.gradientNorm())
    expectClose(run.gradients, gradients.map { $0 * min(1, factor) })
    #expect(run.parameters.allValues != before)
  }

  @Test func `weights alone decay`() throws {
    let run = try run()
    let options = OptimizerOptions(.sgd(momentum: 0, nesterov: false), weightDecay: 0.5)
    let optimizer = try #require(Optimizer(run.session, options))
    backward(run, scale: 0)
    let before = run.parameters.entries.map { [Float](run.parameters.values(of: $0)) }
    optimizer.step(learningRate: 0.1, gradientNorm: 0)
    for (entry, old) in zip(run.parameters.entries, before) {
      let factor: Float = entry.declaration.role == .weights ? 0.95 : 1
      expectClose([Float](run.parameters.values(of: entry)), old.map { $0 * factor })
    }
  }

  @Test func `scales and offsets have rates of their own`() throws {
    let run = try run()
    let options = OptimizerOptions(
      .sgd(momentum: 0, nesterov: false), scaleRateMultiplier: 0, offsetRateMultiplier: 3)
    let optimizer = try #require(Optimizer(run.session, options))
    backward(run)
    let before = run.parameters.entries.map { [Float](run.parameters.values(of: $0)) }
    optimizer.step(learningRate: 0.1, gradientNorm: 0)
    for (entry, old) in zip(run.parameters.entries, before) where entry.declaration.role.isLearnt {
      let rate: Float =
        switch entry.declaration.role {
        case .scale: 0
        case .offset: 0.3
        default: 0.1
        }
      let gradient = try #require(run.gradient(named: entry.name))
      expectClose(
        [Float](run.parameters.values(of: entry)), zip(old, gradient).map { $0 - rate * $1 })
    }
  }

  @Test(arguments: [
    UpdateRule.sgd(momentum: 0.9, nesterov: true),
    .adamW(beta1: 0.9, beta2: 0.99, epsilon: 1e-8),
  ])
  func `training goes on from saved moments as if it had not stopped`(_ rule: UpdateRule) throws {
    let options = OptimizerOptions(rule, weightDecay: 0.01)
    let (whole, resumed) = (try run(), try run())
    let first = try #require(Optimizer(whole.session, options))
    for _ in 0..<2 {
      backward(whole)
      first.step(learningRate: 0.1, gradientNorm: 0)
    }
    resumed.parameters.copyParameters(from: whole.parameters)
    let second = try #require(Optimizer(resumed.session, options))
    for (saved, fresh) in zip(first.state, second.state) {
      #expect(saved.name == fresh.name)
      _ = fresh.values.update(from: saved.values)
    }
    second.resume(stepCount: first.stepCount)
    for (run, optimizer) in [(whole, first), (resumed, second)] {
      backward(run)
      optimizer.step(learningRate: 0.1, gradientNorm: 0)
    }
    #expect(whole.parameters.allValues.bitPatterns == resumed.parameters.allValues.bitPatterns)
  }

  @Test func `moments are named by parameter`() throws {
    let run = try run(frozen: [1])
    let optimizer = try #require(
      Optimizer(run.session, OptimizerOptions(.adam(beta1: 0.9, beta2: 0.99, epsilon: 1e-8))))
    let names = [
      "first/normalization/scale", "first/normalization/offset", "second/weights", "second/bias",
    ]
    #expect(
      optimizer.state.map(\.name)
        == names.map { $0 + "/moment1" } + names.map { $0 + "/moment2" })
  }
}
