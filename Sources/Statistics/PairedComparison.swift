// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Kernels

/// How two lists of predictions for the same images differ, as a 2 × 2 table of right and wrong.
package struct PairedComparison: Equatable, Sendable {
  /// Wrong before, right after.
  package let fixed: Int
  /// Right before, wrong after.
  package let broken: Int
  package let bothRight: Int
  package let bothWrong: Int

  package init(fixed: Int, broken: Int, bothRight: Int, bothWrong: Int) {
    precondition(min(fixed, broken, bothRight, bothWrong) >= 0, "counts are not negative")
    (self.fixed, self.broken, self.bothRight) = (fixed, broken, bothRight)
    self.bothWrong = bothWrong
  }

  /// - Precondition: the three lists have one length.
  package init(before: [Int], after: [Int], labels: [Int]) {
    precondition(
      before.count == labels.count && after.count == labels.count,
      "each label has one prediction before and one after")
    var counts = [0, 0, 0, 0]
    for index in labels.indices {
      let wasRight = before[index] == labels[index]
      let isRight = after[index] == labels[index]
      counts[(wasRight ? 2 : 0) + (isRight ? 1 : 0)] += 1
    }
    self.init(fixed: counts[1], broken: counts[2], bothRight: counts[3], bothWrong: counts[0])
  }

  /// Of each image: 1 where only the second prediction is right, −1 where only the first is, else
  /// 0.
  /// - Precondition: the three lists have one length.
  package static func gains(before: [Int], after: [Int], labels: [Int]) -> [Int] {
    precondition(
      before.count == labels.count && after.count == labels.count,
      "each label has one prediction before and one after")
    return labels.indices.map { index in
      (after[index] == labels[index] ? 1 : 0) - (before[index] == labels[index] ? 1 : 0)
    }
  }

  package var count: Int { fixed + broken + bothRight + bothWrong }

  /// Δ = accuracy after − accuracy before; 0 for no images.
  package var difference: Double { count == 0 ? 0 : Double(fixed - broken) / Double(count) }

  /// The p-value of McNemar's exact test: the probability of so uneven a split if fixed and broken
  /// were equally likely.
  package var pValue: Double { Binomial.twoSidedP(fixed, of: fixed + broken) }
}

/// What a change of the pictures does to the accuracy, paired image by image.
public struct PairedGain: Codable, Equatable, Sendable {
  /// Accuracy after − accuracy before, with a bootstrap's interval.
  public let difference: IntervalEstimate
  /// Images wrong before and right after.
  public let fixed: Int
  /// Images right before and wrong after.
  public let broken: Int
  /// McNemar's exact test.
  public let pValue: Double

  /// - Precondition: the lists have one length, which is not 0.
  public init(before: [Int], after: [Int], labels: [Int], seed: UInt64) {
    let comparison = PairedComparison(before: before, after: after, labels: labels)
    var random = RandomGenerator(seed: seed)
    let interval = PairedBootstrap().interval(
      before: before, after: after, labels: labels, random: &random)
    difference = IntervalEstimate(comparison.difference, interval)
    (fixed, broken, pValue) = (comparison.fixed, comparison.broken, comparison.pValue)
  }

  /// The gain, fixed, broken and p, as cells.
  package var cells: [String] {
    [difference.percentages(signed: true), "\(fixed)", "\(broken)", pText(pValue)]
  }

  package static let headings = ["gain (95 %)", "fixed", "broken", "p"]
}

/// A p-value in a few characters; empty for `nil`.
package func pText(_ p: Double?) -> String {
  guard let p else { return "" }
  return p < 1e-99 ? "< 1e-99" : p < 1e-4 ? String(format: "%.0e", p) : String(format: "%.4f", p)
}

/// The binomial distribution of a fair coin.
enum Binomial {
  /// p = min(1, 2 · Σ_{i ≤ min(k, n−k)} C(n, i) · 2⁻ⁿ): the two-sided exact test of `successes` in
  /// `count` throws.
  ///
  /// Only the largest term is computed directly; the others follow by C(n, i−1) = C(n, i) · i / (n
  /// − i + 1), so the relative error stays near that of one logarithm, however large n is.
  static func twoSidedP(_ successes: Int, of count: Int) -> Double {
    precondition(0 <= successes && successes <= count, "successes are some of all throws")
    let tail = min(successes, count - successes)
    guard 2 * tail < count else { return 1 }
    let largest = probability(of: tail, in: count)
    var sum = 0.0
    var term = 1.0
    for i in stride(from: tail, through: 0, by: -1) {
      sum += term
      term *= Double(i) / Double(count - i + 1)
      if term < sum * 0x1p-60 { break }
    }
    return min(1, 2 * largest * sum)
  }

  /// C(n, k) · 2⁻ⁿ by the saddle-point expansion of C. Loader ("Fast and Accurate Computation of
  /// Binomial Probabilities", 2000), which loses no digits to the difference of large log-gamma
  /// values.
  static func probability(of k: Int, in n: Int) -> Double {
    if k == 0 || k == n { return exp2(-Double(n)) }
    let (x, y) = (Double(k), Double(n - k))
    let half = Double(n) / 2
    let exponent =
      stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(x, half)
      - deviance(y, half)
    return exp(exponent) * (Double(n) / (2 * Double.pi * x * y)).squareRoot()
  }

  /// ln n! − (n + ½) ln n + n − ½ ln 2π.
  private static func stirlingError(_ n: Int) -> Double {
    let x = Double(n)
    if n <= 15 {
      let factorial = (1...max(1, n)).reduce(1.0) { $0 * Double($1) }
      return log(factorial) - (x + 0.5) * log(x) + x - 0.5 * log(2 * Double.pi)
    }
    let s = 1 / (x * x)
    return (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0 - s / 1188) * s) * s) * s) / x
  }

  /// x ln(x / m) + m − x, without cancellation where x is near m.
  private static func deviance(_ x: Double, _ m: Double) -> Double {
    guard abs(x - m) < 0.1 * (x + m) else { return x * log(x / m) + m - x }
    let v = (x - m) / (x + m)
    var sum = (x - m) * v
    var power = 2 * x * v
    for divisor in stride(from: 3.0, through: 2001, by: 2) {
      power *= v * v
      let next = sum + power / divisor
      if next == sum { break }
      sum = next
    }
    return sum
  }
}

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
  /// - Precondition: there are values.
  package func interval(ofMean values: [Double], random: inout RandomGenerator) -> Interval {
    interval(count: values.count, random: &random) { indices in
      var sum = 0.0
      for index in indices { sum += values[index] }
      return sum / Double(indices.count)
    }
  }

  /// The interval of anything that is computed from the images drawn, given by their indices.
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

/// Holm's step-down adjustment of the p-values of several tests (Scandinavian Journal of Statistics
/// 6, 1979).
package enum HolmAdjustment {
  /// p̃₍ᵢ₎ = max_{j ≤ i} min(1, (m − j + 1) · p₍ⱼ₎), in the order of `pValues`: compare them with
  /// the level as they are.
  package static func adjusted(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
    var adjusted = pValues
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}

/// One p-value from several dependent tests of the same hypothesis, such as those of several seeds
/// on the same test images.
package enum CombinedPValue {
  /// p = min(1, n / k · p₍ₖ₎), k = ⌈n / 2⌉: by Rüschendorf (Advances in Applied Probability 14,
  /// 1982), valid however the tests depend. Of one p-value it is that value; of three, 1.5 times
  /// the median.
  /// - Precondition: there is a p-value.
  package static func ofDependent(_ pValues: [Double]) -> Double {
    precondition(!pValues.isEmpty, "there is a p-value to combine")
    let rank = (pValues.count + 1) / 2
    return min(1, Double(pValues.count) / Double(rank) * pValues.sorted()[rank - 1])
  }
}
