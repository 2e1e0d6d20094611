// SPDX-License-Identifier: Apache-2.0
public import Kernels
public import Network

/// Steps of training or inference on random images, to be timed.
public final class TrainingBench {
  private let session: Session
  private let optimizer: Optimizer?
  private let lossNode: Int?
  private let loss: Loss
  private let pool: ThreadPool
  private var targets: [Float]
  private var losses: [Float]

  /// - Parameter lossNode: `nil` for inference.
  public init(
    _ model: Model, frozen: Set<Int>, lossNode: Int?, _ loss: Loss, _ options: OptimizerOptions,
    batch: Int, _ pool: ThreadPool
  ) throws(TrainingError) {
    var request = PlanRequest(batch: batch, threadCount: pool.threadCount)
    request.frozenNodes = frozen
    if let lossNode { request.lossNodes = [lossNode] }
    let plan: Plan
    do throws(PlanError) { plan = try Plan(model.graph, request) } catch {
      throw .mismatch(error.message)
    }
    guard let session = Session(plan, model.parameters, pool) else {
      throw .outOfMemory(byteCount: plan.arenaByteCount)
    }
    (self.session, self.lossNode, self.loss, self.pool) = (session, lossNode, loss, pool)
    optimizer = lossNode == nil ? nil : Optimizer(session, options)
    let count = lossNode.map { batch * model.graph.shapes[$0].elementCount } ?? 0
    targets = [Float](repeating: 0, count: count + Machine.vectorFloats)
    losses = [Float](repeating: 0, count: batch)
    for row in 0..<(count > 0 ? batch : 0) {
      targets[row * (count / batch) + row % (count / batch)] = 1
    }
  }

  /// Draws the input at random from [0, 1).
  public func fillInput() {
    var random = RandomGenerator(seed: 1)
    let input = session.input
    for index in 0..<input.elementCount { input.base[index] = random.uniform() }
  }

  /// One step as a run takes it, without loading images.
  public func step() {
    session.forward(seed: 1)
    guard let lossNode, let optimizer else { return }
    targets.withUnsafeMutableBufferPointer { targets in
      losses.withUnsafeMutableBufferPointer { losses in
        loss.compute(
          session.value(of: lossNode), targets: targets.baseAddress.unsafelyUnwrapped,
          gradient: session.gradient(of: lossNode),
          exampleLosses: losses.baseAddress.unsafelyUnwrapped, pool: pool)
      }
    }
    session.backward()
    optimizer.step(learningRate: 1e-4, gradientNorm: optimizer.gradientNorm())
  }
}

extension Graph {
  /// Multiply-accumulates of one image's training step: forward, gradient of the input and gradient
  /// of the weights once each, but no gradient of weights where frozen.
  public func trainingMultiplyAccumulates(frozen: Set<Int> = []) -> Int64 {
    nodes.indices.reduce(0) { sum, node in
      sum + multiplyAccumulates(of: node) * (frozen.contains(node) ? 2 : 3)
    }
  }
}

/// How long work will take, roughly.
public enum WorkEstimate {
  /// Seconds for this many multiply-accumulates on a machine of this peak (floating-point
  /// operations a second), of which small layers reach about half.
  public static func seconds(multiplyAccumulates: Double, peak: Double) -> Double {
    2 * multiplyAccumulates / (0.5 * peak)
  }
}
