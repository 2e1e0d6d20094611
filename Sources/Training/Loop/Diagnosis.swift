// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network

/// Finds where a run that has diverged first left the finite numbers.
enum Diagnosis {
  /// The first parameter, else the first node, else the gradient nearest to the loss that is not
  /// finite.
  static func culprit(of trainer: Trainer) -> String {
    let session = trainer.session
    let store = session.parameters
    if let entry = store.entries.first(where: { !isFinite(store.values(of: $0)) }) {
      return "parameter '\(entry.name)' is not finite"
    }
    if let node = firstNode(trainer) { return "the output of node '\(node)' is not finite" }
    let gradients = session.trainedParameters.reversed()
    if let parameter = gradients.first(where: { !isFinite(session.gradient(of: $0)) }) {
      return "the gradient of '\(parameter.entry.name)' is not finite"
    }
    return "the loss is not finite" + reach(of: trainer)
  }

  /// What numbers the loss was computed of, after the last batch.
  static func reach(of trainer: Trainer) -> String {
    let node = trainer.task.lossNode
    let view = trainer.session.value(of: node)
    var largest: Float = 0
    for pixel in 0..<view.pixelCount {
      for c in 0..<view.channels { largest = max(largest, abs(view.pixel(pixel)[c])) }
    }
    let name = trainer.session.plan.graph.nodes[node].name
    return ": the outputs of node '\(name)' reach \(largest)"
  }

  /// Runs the batch again with every node's output kept.
  private static func firstNode(_ trainer: Trainer) -> String? {
    let session = trainer.session
    var request = session.plan.request
    request.keptValues = Array(session.plan.graph.nodes.indices)
    guard let plan = try? Plan(session.plan.graph, request),
      let replay = Session(plan, session.parameters, session.pool)
    else { return nil }
    replay.input.base.update(from: session.input.base, count: session.input.elementCount)
    replay.forward()
    return session.plan.graph.nodes.indices.first { node in
      let view = replay.value(of: node)
      return (0..<view.pixelCount).contains { pixel in
        !isFinite(UnsafeMutableBufferPointer(start: view.pixel(pixel), count: view.channels))
      }
    }.map { session.plan.graph.nodes[$0].name }
  }

  private static func isFinite(_ values: UnsafeMutableBufferPointer<Float>) -> Bool {
    values.allSatisfy(\.isFinite)
  }
}
