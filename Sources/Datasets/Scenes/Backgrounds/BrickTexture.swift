// SPDX-License-Identifier: Apache-2.0
import Kernels

/// Courses of bricks, each a little different, with light mortar in between.
struct BrickTexture: SceneTexture {
  private let noise: ValueNoise
  private let clay: SceneColor
  private let mortar: SceneColor
  private let courses: Float
  private let offset: Point

  init(using random: inout RandomGenerator) {
    noise = ValueNoise(using: &random)
    clay = .random(hue: 0..<0.06, saturation: 0.5..<0.75, value: 0.5..<0.75, using: &random)
    mortar = .random(hue: 0.05..<0.15, saturation: 0..<0.15, value: 0.7..<0.85, using: &random)
    courses = random.uniform(4.5..<7)
    offset = Point(random.uniform(), random.uniform())
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let y = courses * point.y + offset.y
    let course = y.rounded(.down)
    let row = Int(course)
    let x = courses * 0.45 * point.x + offset.x + (row.isMultiple(of: 2) ? 0.5 : 0)
    let column = x.rounded(.down)
    let (u, v) = (x - column, y - course)
    // Distance to the brick's edge in heights of a course; bricks are 1 / 0.45 as long as high.
    let toEdge = min(min(u, 1 - u) / 0.45, min(v, 1 - v))
    let edge = courses * pixel
    let isBrick = ExactArithmetic.smoothStep(0.09 - 0.5 * edge, 0.09 + 0.5 * edge, toEdge)
    let tone = 0.8 + 0.4 * noise.value(Int(column), row)
    return mortar.mixed(with: clay.lit(by: tone), isBrick)
  }
}
