// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// Smooth noise over the plane: a random value at each point of the integer grid, interpolated in
/// between.
package struct ValueNoise: Sendable {
  private let seed: UInt32

  package init(using random: inout RandomGenerator) {
    seed = UInt32(truncatingIfNeeded: random.next())
  }

  /// The value of the grid point (`column`, `row`), uniform in [0, 1); each `salt` gives another.
  ///
  /// Two rounds of multiply and xor-shift (the mixer "lowbias32" of Wellons,
  /// nullprogram.com/blog/2018/07/31).
  @inline(__always) package func value(_ column: Int, _ row: Int, salt: UInt32 = 0) -> Float {
    var hash = seed &+ salt &* 0x9E37_79B9
    hash ^= UInt32(truncatingIfNeeded: column) &* 0x85EB_CA6B
    hash ^= UInt32(truncatingIfNeeded: row) &* 0xC2B2_AE35
    hash = (hash ^ (hash >> 16)) &* 0x7FEB_352D
    hash = (hash ^ (hash >> 15)) &* 0x846C_A68B
    return Float((hash ^ (hash >> 16)) >> 8) * 0x1p-24
  }

  /// In [0, 1), continuous: the four grid points around, blended by 3t² − 2t³.
  @inline(__always) package func smooth(_ x: Float, _ y: Float) -> Float {
    let left = x.rounded(.down)
    let top = y.rounded(.down)
    let (column, row) = (Int(left), Int(top))
    var (u, v) = (x - left, y - top)
    u = u * u * (3 - 2 * u)
    v = v * v * (3 - 2 * v)
    let upper = value(column, row) * (1 - u) + value(column + 1, row) * u
    let lower = value(column, row + 1) * (1 - u) + value(column + 1, row + 1) * u
    return upper * (1 - v) + lower * v
  }

  /// In [0, 1): ⅔ of one octave and ⅓ of the next.
  @inline(__always) package func twoOctaves(_ x: Float, _ y: Float) -> Float {
    (2 * smooth(x, y) + smooth(2 * x + 17.3, 2 * y + 5.7)) * (1 / 3)
  }
}
