// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels

/// A figure with its interval of 95 %.
public struct IntervalEstimate: Codable, Equatable, Sendable {
  public let value: Double
  public let lower: Double
  public let upper: Double

  public init(_ value: Double, _ interval: Interval) {
    self.value = value
    lower = interval.lower
    upper = interval.upper
  }

  /// A share with Wilson's interval; 0 of nothing.
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

  /// As they are, to three decimals.
  public func decimals(signed: Bool = false) -> String {
    text(scale: 1, digits: 3, signed: signed)
  }

  /// So many times as large, to so many decimals.
  func text(scale: Double, digits: Int, signed: Bool = false) -> String {
    let number = "%\(signed ? "+" : "").\(digits)f"
    return String(
      format: "\(number) (\(number) to \(number))", value * scale, lower * scale, upper * scale)
  }
}

/// What a change of the pictures does to the accuracy, image by image.
public struct PairedGain: Codable, Equatable, Sendable {
  /// Accuracy after − accuracy before, with a bootstrap's interval.
  public let difference: IntervalEstimate
  /// Wrong before, right after; and the other way round.
  public let fixed: Int
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
