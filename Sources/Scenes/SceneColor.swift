// SPDX-License-Identifier: Apache-2.0
import Kernels

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
