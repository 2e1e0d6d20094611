// SPDX-License-Identifier: Apache-2.0

/// What calibration saw of one node's output.
public struct ActivationStatistics: Sendable {
  /// Bins of the histogram: eight for each of 256 integers.
  public static let binCount = 2048

  public var minimum = Float.infinity
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
