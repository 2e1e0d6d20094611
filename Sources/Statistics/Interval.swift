// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// A confidence interval.
package struct Interval: Equatable, Sendable {
  package let lower: Double
  package let upper: Double

  package init(lower: Double, upper: Double) {
    (self.lower, self.upper) = (lower, upper)
  }

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
    let radius =
      z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    // At the ends the formula gives 0 and 1, and rounding would step over them.
    return Interval(
      lower: successes == 0 ? 0 : center - radius,
      upper: successes == count ? 1 : center + radius)
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
    self.value = value
    lower = interval.lower
    upper = interval.upper
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
  public func decimals(signed: Bool = false) -> String {
    text(scale: 1, digits: 3, signed: signed)
  }

  /// Multiplied by `scale`, with `digits` decimals.
  package func text(scale: Double, digits: Int, signed: Bool = false) -> String {
    let number = "%\(signed ? "+" : "").\(digits)f"
    return String(
      format: "\(number) (\(number) to \(number))", value * scale, lower * scale, upper * scale)
  }
}
