// SPDX-License-Identifier: Apache-2.0
public import Kernels
public import Network

/// Runs a float model on examples and keeps what is needed to choose ranges for its activations.
///
/// The examples are shown twice: `observeRanges` after each batch of the first pass,
/// `observeDistributions` of the second. The result depends on their order only by the rounding of
/// sums.
public final class Calibrator {
  /// The session whose input the caller fills.
  public let session: Session
  /// One a node; only those of nodes whose output is quantised by itself are filled.
  public private(set) var statistics: [ActivationStatistics]
  /// Examples of the first pass.
  public private(set) var exampleCount = 0
  private let observedNodes: [Int]

  /// - Parameter model: a lowered float model.
  /// - Throws: `QuantizationError.outOfMemory`.
  public init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(QuantizationError) {
    let graph = model.graph
    let clamps = graph.fusibleClamps
    observedNodes = graph.nodes.indices.filter { clamps[$0] == nil && !graph.isConstant($0) }
    let plan = Plan.inference(
      graph, batch: batch, threadCount: pool.threadCount, keptValues: observedNodes)
    guard let session = Session(plan, model.parameters, pool) else { throw .outOfMemory }
    self.session = session
    statistics = graph.shapes.map { ActivationStatistics(channels: $0.channels) }
  }

  /// Takes in the extremes and the means of the first `count` examples of the session's last run.
  public func observeRanges(count: Int) throws(QuantizationError) {
    exampleCount += count
    for node in observedNodes {
      forEachPixel(of: node, count: count) { pixel, channels, statistics in
        for c in 0..<channels {
          let value = pixel[c]
          statistics.minimum = min(statistics.minimum, value)
          statistics.maximum = max(statistics.maximum, value)
          statistics.channelSums[c] += Double(value)
          if !value.isFinite { statistics.isFinite = false }
        }
        statistics.channelCount += 1
      }
      guard statistics[node].isFinite else {
        throw .notFinite(node: session.plan.graph.nodes[node].name)
      }
    }
  }

  /// Takes in the histogram of the first `count` examples of the session's last run.
  public func observeDistributions(count: Int) {
    let last = ActivationStatistics.binCount - 1
    for node in observedNodes {
      let (low, high) = (statistics[node].minimum, statistics[node].maximum)
      let scale = high > low ? Float(last + 1) / (high - low) : 0
      forEachPixel(of: node, count: count) { pixel, channels, statistics in
        for c in 0..<channels {
          let bin = Int(min(max((pixel[c] - low) * scale, 0), Float(last)))
          statistics.counts[bin] += 1
        }
      }
    }
  }

  private func forEachPixel(
    of node: Int, count: Int,
    _ body: (UnsafeMutablePointer<Float>, Int, inout ActivationStatistics) -> Void
  ) {
    let view = session.value(of: node)
    for pixel in 0..<count * view.height * view.width {
      body(view.pixel(pixel), view.channels, &statistics[node])
    }
  }
}
