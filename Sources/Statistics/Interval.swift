// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// A confidence interval.
package struct Interval: Equatable, Sendable {
  package let lower: Double
  package let upper: Double

  package init(lower: Double, upper: Double) { (self.lower, self.upper) = (lower, upper) }

  package func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  /// Wilson's interval of 95 % for a share: `successes` of `count`; all of [0, 1] when nothing was
  /// counted.
  package static func wilson(_ successes: Int, of count: Int) -> Interval {
    precondition(0 <= successes && successes <= count, "successes are some of all")
    guard count > 0 else { return Interval(lower: 0, upper: 1) }
    let z = 1.959_963_984_540_054
    let n = Double(count)
    let share = Double(successes) / n
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let radius = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    // At the ends the formula gives 0 and 1, and rounding would step over them.
    return Interval(
      lower: successes == 0 ? 0 : center - radius, upper: successes == count ? 1 : center + radius)
  }
}

/// A figure with its interval of 95 %.
public struct IntervalEstimate: Codable, Equatable, Sendable {
  /// The figure.
  public let value: Double
  /// The lower end of its interval.
  public let lower: Double
  /// The upper end of its interval.
  public let upper: Double

  package init(_ value: Double, _ interval: Interval) {
    (self.value, lower, upper) = (value, interval.lower, interval.upper)
  }

  /// A share with Wilson's interval; 0 if `total` is 0.
  public init(share count: Int, of total: Int) {
    self.init(total == 0 ? 0 : Double(count) / Double(total), .wilson(count, of: total))
  }

  /// How many predictions are right.
  public init(accuracyOf classes: [Int], labels: [Int]) {
    self.init(share: zip(classes, labels).count { $0 == $1 }, of: labels.count)
  }

  /// A mean over images with a bootstrap's interval; `nil` without values.
  public init?(meanOf values: [Double], seed: UInt64) {
    guard !values.isEmpty else { return nil }
    var random = RandomGenerator(seed: seed)
    let interval = PairedBootstrap().interval(ofMean: values, random: &random)
    self.init(values.reduce(0, +) / Double(values.count), interval)
  }

  /// As percentages: `81.5 (80.1 to 82.9)`; with signs where it is a difference.
  public func percentages(signed: Bool = false) -> String {
    text(scale: 100, digits: 1, signed: signed)
  }

  /// With three decimals.
  public func decimals(signed: Bool = false) -> String { text(scale: 1, digits: 3, signed: signed) }

  /// Multiplied by `scale`, with `digits` decimals.
  package func text(scale: Double, digits: Int, signed: Bool = false) -> String {
    let number = "%\(signed ? "+" : "").\(digits)f"
    return String(
      format: "\(number) (\(number) to \(number))", value * scale, lower * scale, upper * scale)
  }
}

/// The mean of repeated runs and their standard deviation.
package struct Summary: Equatable, Sendable {
  package let count: Int
  package let mean: Double
  /// Of the sample (divided by n − 1); `nil` for fewer than two values.
  package let standardDeviation: Double?

  /// - Precondition: `values` is not empty.
  package init(_ values: [Double]) {
    precondition(!values.isEmpty, "a mean needs a value")
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      standardDeviation = nil
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = (squares / Double(values.count - 1)).squareRoot()
  }
}

/// Correlation coefficients, from -1 to 1; 0 where one variable is constant.
package enum Correlation {
  /// Of the values.
  /// - Precondition: the lists have one length.
  package static func pearson(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count, "values come in pairs")
    guard !a.isEmpty else { return 0 }
    let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
    var (product, squareA, squareB) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      product += (x - meanA) * (y - meanB)
      squareA += (x - meanA) * (x - meanA)
      squareB += (y - meanB) * (y - meanB)
    }
    return squareA > 0 && squareB > 0 ? product / (squareA * squareB).squareRoot() : 0
  }

  /// Spearman's: of the ranks.
  package static func spearman(_ a: [Double], _ b: [Double]) -> Double {
    pearson(ranks(of: a), ranks(of: b))
  }

  /// From 1 on; equal values share the mean of their ranks.
  static func ranks(of values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
      first = last + 1
    }
    return ranks
  }
}
