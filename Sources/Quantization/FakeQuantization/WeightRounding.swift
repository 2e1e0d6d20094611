// SPDX-License-Identifier: Apache-2.0
public import Kernels
public import Network

/// Rounds the weights of layers whose outputs fake quantisation rounds, as `QuantizedWeights` will,
/// for as long as a model runs: training then changes the float weights by the gradients at the
/// rounded ones.
public final class WeightRounding {
  private let entries: [ParameterStore.Entry]
  private var floats: [[Float]]
  private let pool: ThreadPool

  /// - Parameter frozenNodes: nodes whose weights stay as they are.
  /// - Returns: `nil` where there is nothing to round.
  public init?(_ model: Model, frozenNodes: Set<Int>, _ pool: ThreadPool) {
    let graph = model.graph
    let (clamps, consumers) = (graph.fusibleClamps, graph.consumers)
    entries = graph.nodes.indices.flatMap { node -> [ParameterStore.Entry] in
      let last = clamps[node] ?? node
      let isRounded = consumers[last].contains {
        graph.nodes[$0].operation.fakeQuantization != nil
      }
      guard isRounded, !frozenNodes.contains(node) else { return [] }
      return model.parameters.entries(of: node).filter { $0.declaration.role == .weights }
    }
    if entries.isEmpty { return nil }
    floats = entries.map { [Float](repeating: 0, count: $0.declaration.count) }
    self.pool = pool
  }

  /// Runs `body` with the weights in `store`, which is of the model's graph, rounded.
  public func whileRounded<Result, Failure: Error>(
    _ store: ParameterStore, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    for (index, entry) in entries.enumerated() {
      let values = store.values(of: entry)
      floats[index].withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: values) }
      round(values, rows: entry.declaration.dimensions[0])
    }
    defer {
      for (index, entry) in entries.enumerated() {
        floats[index].withUnsafeBufferPointer {
          _ = store.values(of: entry).update(fromContentsOf: $0)
        }
      }
    }
    return try body()
  }

  private func round(_ values: UnsafeMutableBufferPointer<Float>, rows: Int) {
    guard let base = values.baseAddress else { return }
    let row = values.count / rows
    pool.forEachRange(of: rows, grain: max(1, 4096 / max(1, row))) { rows, _ in
      for channel in rows {
        let values = UnsafeMutableBufferPointer(start: base + channel * row, count: row)
        let scale = QuantizedWeights.scale(of: values)
        FakeQuantize.round(values, AffineQuantization(scale: scale, zeroPoint: 0))
      }
    }
  }
}
