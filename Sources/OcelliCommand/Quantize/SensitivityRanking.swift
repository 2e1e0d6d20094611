// SPDX-License-Identifier: Apache-2.0
import Kernels
import Network
import Quantization

/// Layers by what the quantised model's output gains when one of them stays in floats.
struct SensitivityRanking {
  private let float: Model
  private let calibrator: Calibrator
  private let feed: CalibrationFeed
  private let pool: ThreadPool

  /// - Parameter float: the model that `calibrator` ran.
  init(_ float: Model, _ calibrator: Calibrator, _ feed: CalibrationFeed, _ pool: ThreadPool) {
    self.float = float
    self.calibrator = calibrator
    self.feed = feed
    self.pool = pool
  }

  /// The names of the `count` layers with weights that gain most, each alone.
  func mostSensitive(
    _ count: Int, _ quantizer: PostTrainingQuantizer
  ) throws(QuantizationError) -> [String] {
    var gains: [(name: String, decibels: Double)] = []
    for node in float.graph.nodes.indices
    where float.graph.parameters(of: node).contains(where: { $0.role == .weights }) {
      let name = float.graph.nodes[node].name
      var candidate = quantizer
      candidate.floatNodes.append(name)
      gains.append((name, try decibels(try candidate.quantized())))
    }
    // The sort is stable: of equals the first comes first.
    return gains.sorted { $0.decibels > $1.decibels }.prefix(count).map { $0.name }
  }

  /// The signal-to-noise ratio of a quantised model's output.
  private func decibels(_ quantized: Model) throws(QuantizationError) -> Double {
    let comparison = try QuantizationComparison(
      float, quantized, calibrator, batch: feed.batch, pool)
    try feed.forEachBatch(into: comparison.session) { count throws(QuantizationError) in
      comparison.compare(count: count)
    }
    return comparison.report().last?.signalToNoise ?? 0
  }
}
