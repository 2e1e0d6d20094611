// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Planks from side to side with a long grain and dark joints.
struct WoodTexture: SceneTexture {
  private let noise: ValueNoise
  private let wood: SceneColor
  private let planks: Float
  private let offset: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    wood = .random(hue: 0.06..<0.1, saturation: 0.45..<0.7, value: 0.5..<0.8, using: &random)
    planks = random.uniform(3..<5)
    offset = random.uniform()
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let y = planks * point.y + offset
    let plank = y.rounded(.down)
    let tone = noise.value(Int(plank), 7, salt: 1)
    let grain = noise.twoOctaves(2.5 * point.x + 9 * plank, 5 * y)
    let rings = ExactArithmetic.sine(turns: 3 * grain + 0.6 * point.x)
    let toJoint = min(y - plank, plank + 1 - y) / planks
    let joint = ExactArithmetic.smoothStep(0, max(0.02, pixel), toJoint)
    return wood.lit(by: (0.85 + 0.25 * tone + 0.1 * rings) * (0.5 + 0.5 * joint))
  }
}
