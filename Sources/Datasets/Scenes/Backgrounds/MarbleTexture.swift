// SPDX-License-Identifier: Apache-2.0
package import Imaging
import Kernels

/// Veins of one colour in another: behind no class, in tests only.
struct MarbleTexture: SceneTexture {
  private let noise: ValueNoise
  private let ground: SceneColor
  private let vein: SceneColor
  private let axis: Point
  private let veins: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    ground = .random(hue: 0..<1, saturation: 0..<0.9, value: 0.3..<1, using: &random)
    vein = .random(hue: 0..<1, saturation: 0..<0.9, value: 0..<1, using: &random)
    let turns = random.uniform()
    axis = Point(ExactArithmetic.cosine(turns: turns), ExactArithmetic.sine(turns: turns))
    veins = random.uniform(1..<4)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let along = axis.x * point.x + axis.y * point.y
    let bend = 1.5 * noise.twoOctaves(4 * point.x, 4 * point.y)
    return ground.mixed(with: vein, 0.5 + 0.5 * ExactArithmetic.sine(turns: veins * along + bend))
  }
}

extension Image {
  /// A square of marble, drawn from `seed`.
  package static func marble(size: Int, seed: UInt64) -> Image {
    var random = RandomGenerator(seed: seed)
    let texture = MarbleTexture(using: &random)
    return Image(
      width: size, height: size,
      pixels: SceneBackground.paint(texture, size: size).flatMap { color in
        (0..<3).map { UInt8(min(max(color.channels[$0], 0), 1) * 255 + 0.5) }
      })
  }
}
