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

/// What calibration saw of one node's output.
public struct ActivationStatistics: Sendable {
  /// Bins of the histogram: eight for each of 256 integers.
  public static let binCount = 2048

  /// The least value seen.
  public var minimum = Float.infinity
  /// The greatest value seen.
  public var maximum = -Float.infinity
  /// How many values fell into each part of `minimum`...`maximum`.
  public var counts = [Int64](repeating: 0, count: binCount)
  /// The sum of each channel's values, and how many values a channel has.
  var channelSums: [Double]
  var channelCount: Int64 = 0
  var isFinite = true

  init(channels: Int) { channelSums = [Double](repeating: 0, count: channels) }

  /// Whether every value was the same.
  public var isConstant: Bool { !(minimum < maximum) }

  /// The mean of channel `c`.
  func mean(ofChannel c: Int) -> Float {
    channelCount == 0 ? 0 : Float(channelSums[c] / Double(channelCount))
  }

  /// The middle of bin `index`.
  func center(_ index: Int) -> Float {
    minimum + (Float(index) + 0.5) / Float(Self.binCount) * (maximum - minimum)
  }

  /// The share of values outside of `range`, to the width of a bin.
  public func share(outside range: ClosedRange<Float>) -> Double {
    let total = counts.reduce(0, +)
    guard total > 0 else { return 0 }
    var outside: Int64 = 0
    for (index, count) in counts.enumerated() where count > 0 {
      if !range.contains(center(index)) { outside += count }
    }
    return Double(outside) / Double(total)
  }
}

/// What is wrong with the examples that a model was calibrated on.
public enum CalibrationWarning: Equatable, Sendable {
  /// All inputs were the same number: those are not images.
  case constantInput
  /// The inputs were not within 0 to 1, where images are: they were scaled twice, or not at all.
  case inputOutOfRange(minimum: Float, maximum: Float)
  /// Fewer than 100 examples: ranges may be too narrow.
  case fewExamples(Int)

  /// One line for people.
  public var message: String {
    switch self {
    case .constantInput: "all calibration images are of one colour"
    case .inputOutOfRange(let minimum, let maximum):
      "calibration images span \(minimum) to \(maximum), expected 0 to 1"
    case .fewExamples(let count): "\(count) calibration images are few; expected 100 or more"
    }
  }
}

extension Calibrator {
  /// What is wrong with the examples seen.
  public var warnings: [CalibrationWarning] {
    var result: [CalibrationWarning] = []
    let input = statistics[session.plan.graph.inputs[0]]
    if exampleCount < 100 { result.append(.fewExamples(exampleCount)) }
    if input.isConstant { result.append(.constantInput) }
    if input.minimum < 0 || input.maximum > 1 || input.maximum < 1.0 / 64 {
      result.append(.inputOutOfRange(minimum: input.minimum, maximum: input.maximum))
    }
    return result
  }
}

/// How a range is chosen for the values that calibration saw. Whatever lies outside of the range
/// is cut off; a narrower range has finer steps.
public enum CalibrationMethod: Equatable, Sendable {
  /// All of them.
  case minMax
  /// All but so many per cent, half of them at each end: 99.99 leaves out one of ten thousand.
  case percentile(Double)
  /// The range with the least mean squared error.
  case meanSquaredError
  /// The range whose 256 integers tell most of the distribution: the least Kullback-Leibler
  /// divergence (Migacz, "8-bit inference with TensorRT", GTC 2017).
  case entropy

  /// The range for `statistics`, which need not contain 0.
  func range(for statistics: ActivationStatistics) -> ClosedRange<Float> {
    guard !statistics.isConstant else {
      return statistics.minimum.isFinite ? statistics.minimum...statistics.minimum : 0...0
    }
    switch self {
    case .minMax: return statistics.minimum...statistics.maximum
    case .percentile(let share): return Self.percentile(share, statistics)
    case .meanSquaredError: return Self.best(statistics) { Self.squaredError(statistics, $0) }
    case .entropy: return Self.best(statistics) { Self.divergence(statistics, $0) }
    }
  }

  private static func percentile(
    _ share: Double, _ statistics: ActivationStatistics
  ) -> ClosedRange<Float> {
    let total = statistics.counts.reduce(0, +)
    let outside = Double(total) * (1 - share / 100) / 2
    var (low, high) = (0, ActivationStatistics.binCount - 1)
    var sum = 0.0
    while low < high, sum + Double(statistics.counts[low]) <= outside {
      sum += Double(statistics.counts[low])
      low += 1
    }
    sum = 0
    while high > low, sum + Double(statistics.counts[high]) <= outside {
      sum += Double(statistics.counts[high])
      high -= 1
    }
    let width = (statistics.maximum - statistics.minimum) / Float(ActivationStatistics.binCount)
    let upper = statistics.minimum + Float(high + 1) * width
    return min(statistics.minimum + Float(low) * width, upper)...upper
  }

  /// Of ranges from that of all values down to a 256th of it, the one that costs least; of equals
  /// the widest.
  private static func best(
    _ statistics: ActivationStatistics, _ cost: (ClosedRange<Float>) -> Double
  ) -> ClosedRange<Float> {
    let (low, high) = (min(statistics.minimum, 0), max(statistics.maximum, 0))
    var best = low...high
    var leastCost = cost(best)
    // Half of a range in 22 steps.
    let ratio: Float = 0.969
    var share = ratio
    while share > 1.0 / 256 {
      defer { share *= ratio }
      let candidate = low * share...high * share
      let candidateCost = cost(candidate)
      if candidateCost < leastCost { (best, leastCost) = (candidate, candidateCost) }
    }
    return best
  }

  /// Σ count · error², where a value inside is off by Δ²/12 in the mean, Δ the step.
  private static func squaredError(
    _ statistics: ActivationStatistics, _ range: ClosedRange<Float>
  ) -> Double {
    let step = Double(range.upperBound - range.lowerBound) / 255
    var sum = 0.0
    for (index, count) in statistics.counts.enumerated() where count > 0 {
      let value = statistics.center(index)
      let cut = Double(value - min(max(value, range.lowerBound), range.upperBound))
      sum += Double(count) * (cut == 0 ? step * step / 12 : cut * cut)
    }
    return sum
  }

  /// Σ p · log(p / q): p the distribution with what lies outside of the range moved to its ends, q
  /// the distribution inside as 256 integers tell it, spread over the bins that were not empty.
  private static func divergence(
    _ statistics: ActivationStatistics, _ range: ClosedRange<Float>
  ) -> Double {
    let bins = ActivationStatistics.binCount
    var p = [Double](repeating: 0, count: bins)
    var inside = p
    var levels = [Int](repeating: 0, count: bins)
    var (mass, filled) = ([Double](repeating: 0, count: 256), [Double](repeating: 0, count: 256))
    let scale = 255 / (range.upperBound - range.lowerBound)
    var (first, last) = (bins, 0)
    for index in 0..<bins where range.contains(statistics.center(index)) {
      (first, last) = (min(first, index), index)
      levels[index] = Int(((statistics.center(index) - range.lowerBound) * scale).rounded())
    }
    guard first <= last else { return .infinity }
    for index in 0..<bins where statistics.counts[index] > 0 {
      let count = Double(statistics.counts[index])
      p[min(max(index, first), last)] += count
      guard (first...last).contains(index) else { continue }
      inside[index] = count
      mass[levels[index]] += count
      filled[levels[index]] += 1
    }
    let (total, insideTotal) = (p.reduce(0, +), inside.reduce(0, +))
    guard insideTotal > 0 else { return .infinity }
    var sum = 0.0
    for index in first...last where p[index] > 0 {
      let level = levels[index]
      // A bin that holds nothing but what was cut off: the integers cannot tell it at all.
      let q = filled[level] > 0 ? mass[level] / filled[level] / insideTotal : 0
      sum += p[index] / total * Double(ElementaryFunctions.log(Float(p[index] / total)))
      sum -= p[index] / total * Double(ElementaryFunctions.log(Float(max(q, 1e-12))))
    }
    return sum
  }
}
