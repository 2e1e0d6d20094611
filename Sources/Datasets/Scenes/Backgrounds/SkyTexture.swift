// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A blue that pales towards the horizon, with soft clouds.
struct SkyTexture: SceneTexture {
  private let noise: ValueNoise
  private let zenith: SceneColor
  private let horizon: SceneColor
  private let cover: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    zenith = .random(hue: 0.54..<0.62, saturation: 0.5..<0.8, value: 0.7..<0.95, using: &random)
    horizon = zenith.mixed(with: .white, 0.6)
    cover = random.uniform(0.42..<0.6)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let sky = zenith.mixed(with: horizon, point.y)
    let puff = noise.twoOctaves(3 * point.x, 6 * point.y)
    return sky.mixed(with: .white, 0.9 * ExactArithmetic.smoothStep(cover, cover + 0.22, puff))
  }
}
