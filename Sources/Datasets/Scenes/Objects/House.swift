// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// Walls under a gable roof, with a chimney, a door and a window.
  static func house(using random: inout RandomGenerator) -> Drawing {
    let wall = SceneColor.random(
      hue: 0..<1, saturation: 0.1..<0.6, value: 0.7..<1, using: &random)
    let roof = SceneColor.paint(using: &random).lit(by: 0.8)
    let door = SceneColor.paint(using: &random).lit(by: 0.6)
    let glass = SceneColor(0.75, 0.88, 0.98)
    let ridge = random.uniform(-0.98 ..< -0.7)
    let halfWidth = random.uniform(0.62..<0.76)
    var house = Drawing()
    house.add(.box(Point(0.45, -0.58), halfSize: Point(0.11, 0.3)), wall.lit(by: 0.65))
    house.add(.box(Point(0, 0.38), halfSize: Point(halfWidth, 0.54)), wall)
    house.add(
      .polygon([
        Point(-halfWidth - 0.24, -0.1), Point(0, ridge), Point(halfWidth + 0.24, -0.1),
      ]), roof)
    house.addDetail(.box(Point(-0.3, 0.58), halfSize: Point(0.17, 0.34)), door)
    house.addDetail(.box(Point(0.3, 0.32), halfSize: Point(0.23, 0.21)), .ink)
    house.addDetail(.box(Point(0.18, 0.32), halfSize: Point(0.08, 0.15)), glass)
    house.addDetail(.box(Point(0.42, 0.32), halfSize: Point(0.08, 0.15)), glass)
    return house
  }
}
