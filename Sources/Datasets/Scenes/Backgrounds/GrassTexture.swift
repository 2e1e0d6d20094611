// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Upright blades in light and dark over patches of differing green.
struct GrassTexture: SceneTexture {
  private let noise: ValueNoise
  private let green: SceneColor
  private let straw: SceneColor

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    green = .random(hue: 0.22..<0.34, saturation: 0.55..<0.85, value: 0.45..<0.7, using: &random)
    straw = .random(hue: 0.14..<0.2, saturation: 0.5..<0.7, value: 0.7..<0.9, using: &random)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let lean = 0.4 * point.y
    let blade = noise.smooth(26 * (point.x + 0.15 * lean), 6 * point.y)
    let patch = noise.smooth(3 * point.x, 3 * point.y)
    return green.mixed(with: straw, 0.35 * patch * patch).lit(by: 0.6 + 0.75 * blade)
  }
}
