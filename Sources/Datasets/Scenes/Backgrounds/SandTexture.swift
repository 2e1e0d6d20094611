// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Soft ripples of the wind with grains over them.
struct SandTexture: SceneTexture {
  private let noise: ValueNoise
  private let sand: SceneColor
  private let lean: Float
  private let ripples: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    sand = .random(hue: 0.09..<0.13, saturation: 0.3..<0.5, value: 0.8..<0.95, using: &random)
    lean = random.uniform(-0.5..<0.5)
    ripples = random.uniform(2..<3.5)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let bend = noise.smooth(2 * point.x, 2 * point.y)
    let ripple = ExactArithmetic.sine(turns: ripples * (point.y + lean * point.x) + bend)
    let grain = noise.value(Int(48 * point.x), Int(48 * point.y), salt: 1)
    return sand.lit(by: 0.9 + 0.07 * ripple + 0.16 * (grain - 0.5))
  }
}
