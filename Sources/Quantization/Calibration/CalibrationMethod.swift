// SPDX-License-Identifier: Apache-2.0
import Kernels

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
      return statistics.minimum.isFinite
        ? statistics.minimum...statistics.minimum : 0...0
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
