// SPDX-License-Identifier: Apache-2.0

/// How two lists of predictions for the same images differ: a 2 × 2 table of right and wrong.
public struct PairedComparison: Equatable, Sendable {
  /// Wrong before, right after.
  public let fixed: Int
  /// Right before, wrong after.
  public let broken: Int
  public let bothRight: Int
  public let bothWrong: Int

  public init(fixed: Int, broken: Int, bothRight: Int, bothWrong: Int) {
    precondition(min(fixed, broken, bothRight, bothWrong) >= 0, "counts are not negative")
    self.fixed = fixed
    self.broken = broken
    self.bothRight = bothRight
    self.bothWrong = bothWrong
  }

  /// - Precondition: the three lists have one length.
  public init(before: [Int], after: [Int], labels: [Int]) {
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
  public static func gains(before: [Int], after: [Int], labels: [Int]) -> [Int] {
    precondition(
      before.count == labels.count && after.count == labels.count,
      "each label has one prediction before and one after")
    return labels.indices.map { index in
      (after[index] == labels[index] ? 1 : 0) - (before[index] == labels[index] ? 1 : 0)
    }
  }

  public var count: Int { fixed + broken + bothRight + bothWrong }

  /// The share of right predictions; 0 for no images at all.
  public var accuracyBefore: Double { ratio(bothRight + broken) }
  public var accuracyAfter: Double { ratio(bothRight + fixed) }
  /// Δ = accuracy after − accuracy before.
  public var difference: Double { ratio(fixed - broken) }

  /// McNemar's exact test: how probable so uneven a split of fixed and broken is when both are
  /// equally likely.
  public var pValue: Double { Binomial.twoSidedP(fixed, of: fixed + broken) }

  private func ratio(_ part: Int) -> Double { count == 0 ? 0 : Double(part) / Double(count) }
}
