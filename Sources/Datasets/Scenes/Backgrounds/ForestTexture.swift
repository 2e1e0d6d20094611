// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Dark trunks before the green light between them.
struct ForestTexture: SceneTexture {
  private let noise: ValueNoise
  private let light: SceneColor
  private let bark: SceneColor
  private let trunks: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    light = .random(hue: 0.24..<0.36, saturation: 0.45..<0.75, value: 0.5..<0.75, using: &random)
    bark = .random(hue: 0.05..<0.12, saturation: 0.3..<0.55, value: 0.16..<0.28, using: &random)
    trunks = random.uniform(4..<7)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let leaves = noise.twoOctaves(7 * point.x, 7 * point.y)
    let x = trunks * point.x + 0.25 * noise.smooth(2 * point.x, 3 * point.y)
    let cell = x.rounded(.down)
    let column = Int(cell)
    let middle = 0.3 + 0.4 * noise.value(column, 1, salt: 1)
    let halfWidth = 0.12 + 0.16 * noise.value(column, 2, salt: 1)
    let edge = max(trunks * pixel, 0.08)
    let isTrunk = ExactArithmetic.smoothStep(
      halfWidth + edge, halfWidth - edge, abs(x - cell - middle))
    let between = light.lit(by: (0.45 + 0.7 * leaves) * (1.1 - 0.5 * point.y))
    return between.mixed(with: bark.lit(by: 0.7 + 0.6 * leaves), isTrunk)
  }
}
