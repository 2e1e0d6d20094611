// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A dark sky that glows a little at the horizon, with points of light.
struct NightTexture: SceneTexture {
  private let noise: ValueNoise
  private let zenith: SceneColor
  private let horizon: SceneColor
  private let cells: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    zenith = .random(hue: 0.6..<0.74, saturation: 0.6..<0.9, value: 0.1..<0.22, using: &random)
    horizon = .random(hue: 0.6..<0.85, saturation: 0.4..<0.7, value: 0.25..<0.45, using: &random)
    cells = random.uniform(6..<9)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let sky = zenith.mixed(with: horizon, point.y * point.y)
    let position = point * cells
    let (column, row) = (Int(position.x), Int(position.y))
    let brightness = noise.value(column, row, salt: 2)
    guard brightness > 0.55 else { return sky }
    let middle = Point(
      Float(column) + 0.3 + 0.4 * noise.value(column, row),
      Float(row) + 0.3 + 0.4 * noise.value(column, row, salt: 1))
    let radius = max(0.1, 0.6 * cells * pixel)
    let distance = SignedDistance.length(position - middle)
    let glow = ExactArithmetic.smoothStep(radius * 1.6, 0, distance)
    return sky.mixed(with: SceneColor(1, 0.97, 0.85), glow * brightness)
  }
}
