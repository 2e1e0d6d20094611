// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// The percentile bootstrap, of the gain in accuracy Δ between two lists of predictions for the
/// same images, and of other statistics.
package struct PairedBootstrap: Equatable, Sendable {
  package var drawCount = 10_000
  /// The share of the draws that lies within the interval.
  package var confidence = 0.95
  /// Whether each draw keeps the number of images of each class.
  package var isStratified = false

  package init(drawCount: Int = 10_000, confidence: Double = 0.95, isStratified: Bool = false) {
    precondition(drawCount > 0 && 0 < confidence && confidence < 1, "draws and a share of them")
    (self.drawCount, self.confidence, self.isStratified) = (drawCount, confidence, isStratified)
  }

  /// The interval of Δ. Images are drawn with replacement, each with both of its predictions.
  ///
  /// - Precondition: the lists have one length, which is not 0.
  package func interval(
    before: [Int], after: [Int], labels: [Int], random: inout RandomGenerator
  ) -> Interval {
    precondition(!labels.isEmpty, "a draw needs something to draw from")
    let gains = PairedComparison.gains(before: before, after: after, labels: labels)
    let strata = isStratified ? Self.strata(of: gains, by: labels) : [gains]
    return interval {
      var sum = 0
      for stratum in strata {
        for _ in stratum.indices { sum += stratum[random.index(below: stratum.count)] }
      }
      return Double(sum) / Double(gains.count)
    }
  }

  /// The interval of the mean of `values`, such as differences of two measures of each image.
  ///
  /// - Precondition: there are values.
  package func interval(ofMean values: [Double], random: inout RandomGenerator) -> Interval {
    interval(count: values.count, random: &random) { indices in
      var sum = 0.0
      for index in indices { sum += values[index] }
      return sum / Double(indices.count)
    }
  }

  /// The interval of anything that is computed from the images drawn, given by their indices.
  ///
  /// - Precondition: there are images.
  package func interval(
    count: Int, random: inout RandomGenerator, _ statistic: (_ indices: [Int]) -> Double
  ) -> Interval {
    precondition(count > 0, "a draw needs something to draw from")
    var indices = [Int](repeating: 0, count: count)
    return interval {
      for place in indices.indices { indices[place] = random.index(below: count) }
      return statistic(indices)
    }
  }

  private func interval(_ draw: () -> Double) -> Interval {
    let draws = (0..<drawCount).map { _ in draw() }.sorted()
    let tail = (1 - confidence) / 2
    return Interval(
      lower: Self.quantile(tail, of: draws), upper: Self.quantile(1 - tail, of: draws))
  }

  /// The gains of each class, classes in ascending order.
  private static func strata(of gains: [Int], by labels: [Int]) -> [[Int]] {
    var strata: [Int: [Int]] = [:]
    for (gain, label) in zip(gains, labels) { strata[label, default: []].append(gain) }
    return strata.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Linear between neighbours, as NumPy's default.
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let position = share * Double(sorted.count - 1)
    let index = min(Int(position), sorted.count - 1)
    let next = min(index + 1, sorted.count - 1)
    return sorted[index] + (sorted[next] - sorted[index]) * (position - Double(index))
  }
}
