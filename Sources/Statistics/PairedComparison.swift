// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

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
  ///
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
  package var difference: Double {
    count == 0 ? 0 : Double(fixed - broken) / Double(count)
  }

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
    fixed = comparison.fixed
    broken = comparison.broken
    pValue = comparison.pValue
  }
}

extension PairedGain {
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
