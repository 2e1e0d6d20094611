// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels

/// The pixels of an image in the order in which they are taken away.
public struct PixelRanking: Equatable, Sendable {
  /// Numbers of pixels, row by row from 0, the most relevant first.
  public let order: [Int]

  private init(order: [Int]) { self.order = order }

  /// From the largest value to the smallest. Equal ones come in an order that is drawn from `seed`:
  /// the many zeros of a rectified map then favour no place.
  public init(_ map: HeatMap, seed: UInt64) {
    let tie = PixelRanking(random: map.values.count, seed: seed).order
    order = tie.indices.sorted {
      let (a, b) = (map.values[$0], map.values[$1])
      return a != b ? a > b : tie[$0] < tie[$1]
    }
  }

  /// Any order of `count` pixels: what a map has to beat.
  public init(random count: Int, seed: UInt64) {
    var random = RandomGenerator(seed: seed)
    var order = Array(0..<count)
    random.shuffle(&order)
    self.order = order
  }

  /// The least relevant first.
  public var reversed: PixelRanking { PixelRanking(order: order.reversed()) }

  /// How many of `count` pixels lie at or above a percentile of distinct values, by NumPy's linear
  /// rule.
  static func count(above percentile: Double, of count: Int) -> Int {
    count - Int((percentile / 100 * Double(count - 1)).rounded(.up))
  }
}
