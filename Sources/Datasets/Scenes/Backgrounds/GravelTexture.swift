// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Pebbles of differing greys, one somewhere in each cell of a grid, darker where they meet.
struct GravelTexture: SceneTexture {
  private let noise: ValueNoise
  private let stone: SceneColor
  private let cells: Float

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    stone = .random(hue: 0..<1, saturation: 0.02..<0.12, value: 0.6..<0.8, using: &random)
    cells = random.uniform(5.5..<8)
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let position = point * cells
    let (column, row) = (Int(position.x), Int(position.y))
    var nearest: Float = 9
    var second: Float = 9
    var tone: Float = 0
    for y in row - 1...row + 1 {
      for x in column - 1...column + 1 {
        let middle = Point(
          Float(x) + 0.15 + 0.7 * noise.value(x, y),
          Float(y) + 0.15 + 0.7 * noise.value(y, x, salt: 1))
        let gap = position - middle
        let distance = gap.x * gap.x + gap.y * gap.y
        if distance < nearest {
          second = nearest
          nearest = distance
          tone = noise.value(x, y, salt: 2)
        } else if distance < second {
          second = distance
        }
      }
    }
    let rim = ExactArithmetic.smoothStep(0, 0.35, second.squareRoot() - nearest.squareRoot())
    return stone.lit(by: (0.6 + 0.65 * tone) * (0.5 + 0.5 * rim))
  }
}
