// SPDX-License-Identifier: Apache-2.0

/// A confidence interval.
public struct Interval: Equatable, Sendable {
  public let lower: Double
  public let upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  public func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  /// Wilson's interval of 95 % for a share: `successes` of `count`; all of [0, 1] when nothing was
  /// counted.
  public static func wilson(_ successes: Int, of count: Int) -> Interval {
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
