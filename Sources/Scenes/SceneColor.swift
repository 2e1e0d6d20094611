// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// Red, green and blue in [0, 1], as sRGB stores them.
struct SceneColor: Equatable, Sendable {
  var channels: SIMD3<Float>

  init(_ red: Float, _ green: Float, _ blue: Float) { channels = SIMD3(red, green, blue) }

  init(channels: SIMD3<Float>) { self.channels = channels }

  /// The colour of a `hue` in turns (red 0, green ⅓, blue ⅔), with saturation and value in [0, 1].
  init(hue: Float, saturation: Float, value: Float) {
    func channel(_ offset: Float) -> Float {
      let turned = hue + offset
      let k = (turned - turned.rounded(.down)) * 6
      let ramp = ExactArithmetic.clamped(min(k, 4 - k))
      return value * (1 - saturation * ramp)
    }
    self.init(channel(5 / 6), channel(0.5), channel(1 / 6))
  }

  /// A colour with hue, saturation and value drawn from ranges.
  static func random(
    hue: Range<Float>, saturation: Range<Float>, value: Range<Float>,
    using random: inout RandomGenerator
  ) -> SceneColor {
    let hue = random.uniform(hue)
    let saturation = random.uniform(saturation)
    return SceneColor(hue: hue, saturation: saturation, value: random.uniform(value))
  }

  /// A saturated colour, as of painted things.
  static func paint(using random: inout RandomGenerator) -> SceneColor {
    self.random(hue: 0..<1, saturation: 0.5..<0.95, value: 0.6..<1, using: &random)
  }

  /// Near white: sails, walls, eggshells.
  static func pale(using random: inout RandomGenerator) -> SceneColor {
    self.random(hue: 0..<1, saturation: 0..<0.15, value: 0.85..<1, using: &random)
  }

  static let ink = SceneColor(0.1, 0.09, 0.12)
  static let white = SceneColor(0.97, 0.97, 0.95)

  /// `(1 − amount) · self + amount · other`.
  @inline(__always) func mixed(with other: SceneColor, _ amount: Float) -> SceneColor {
    SceneColor(channels: channels + (other.channels - channels) * amount)
  }

  /// The colour in light of `factor` times the strength.
  @inline(__always) func lit(by factor: Float) -> SceneColor {
    SceneColor(channels: channels * factor)
  }
}

/// Functions of `+ − × ÷ √` alone, which IEEE 754 rounds alike on every machine. The sine of the C
/// library differs in its last bit between machines, and so would a scene's bytes.
enum ExactArithmetic {
  /// sin(2π · `turns`), within 4·10⁻⁶.
  ///
  /// The odd Taylor polynomial of degree 9 on a quarter turn, where its remainder is below (π/2)¹¹
  /// / 11!.
  @inline(__always) static func sine(turns: Float) -> Float {
    let wrapped = turns - turns.rounded(.toNearestOrAwayFromZero)  // [-½, ½]
    var quarter = wrapped
    if wrapped > 0.25 { quarter = 0.5 - wrapped }
    if wrapped < -0.25 { quarter = -0.5 - wrapped }
    let x = quarter * 6.283_185_3
    let square = x * x
    let tail = -1.984_127e-4 + square * 2.755_731_9e-6
    return x * (1 + square * (-0.166_666_67 + square * (8.333_333e-3 + square * tail)))
  }

  /// cos(2π · `turns`). See `sine(turns:)`.
  @inline(__always) static func cosine(turns: Float) -> Float { sine(turns: turns + 0.25) }

  /// `value`, clamped to [0, 1].
  @inline(__always) static func clamped(_ value: Float) -> Float {
    value < 0 ? 0 : (value > 1 ? 1 : value)
  }

  /// 0 below `low`, 1 above `high`, and 3t² − 2t³ between them.
  @inline(__always) static func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
    let t = clamped((value - low) / (high - low))
    return t * t * (3 - 2 * t)
  }
}

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
