// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// A hull under a mast with a boom and two sails.
  static func boat(using random: inout RandomGenerator) -> Drawing {
    let hull = SceneColor.paint(using: &random).lit(by: 0.85)
    let sail =
      random.uniform() < 0.6
      ? SceneColor.pale(using: &random) : SceneColor.paint(using: &random)
    let jib = random.uniform() < 0.5 ? sail.lit(by: 0.85) : SceneColor.paint(using: &random)
    let reach = random.uniform(0.62..<0.82)
    let deck: Float = 0.4
    var boat = Drawing()
    let wood = SceneColor(0.4, 0.28, 0.18)
    boat.add(.capsule(Point(0, -0.93), Point(0, deck), radius: 0.05), wood)
    boat.add(.capsule(Point(-reach * 0.8, 0.31), Point(reach, 0.31), radius: 0.05), wood)
    boat.add(
      .polygon([Point(0.09, -0.88), Point(0.09, 0.24), Point(reach, 0.24)], rounding: 0.02), sail)
    boat.add(
      .polygon(
        [Point(-0.09, -0.6), Point(-0.09, 0.24), Point(-reach * 0.8, 0.24)], rounding: 0.02),
      jib)
    boat.add(
      .polygon([
        Point(-0.97, deck), Point(0.97, deck), Point(0.62, 0.86), Point(-0.68, 0.86),
      ]), hull)
    boat.addDetail(.box(Point(0, deck + 0.13), halfSize: Point(0.78, 0.055)), .white)
    return boat
  }
}
