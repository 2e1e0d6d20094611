// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Rows of waves whose crests bend and catch the light.
struct WaterTexture: SceneTexture {
  private let noise: ValueNoise
  private let deep: SceneColor
  private let crest: SceneColor
  private let rows: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    deep = .random(hue: 0.48..<0.6, saturation: 0.65..<0.95, value: 0.35..<0.65, using: &random)
    crest = deep.mixed(with: .white, 0.55)
    rows = random.uniform(4.5..<7.5)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let bend = 1.3 * noise.smooth(4 * point.x, 3 * point.y)
    let wave = ExactArithmetic.sine(turns: rows * point.y + bend)
    return deep.mixed(with: crest, ExactArithmetic.smoothStep(-0.2, 1.1, wave))
  }
}
