// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// A domed cap with spots on a pale stem.
  static func mushroom(using random: inout RandomGenerator) -> Drawing {
    let cap =
      random.uniform() < 0.4
      ? SceneColor.random(
        hue: 0.96..<1.06, saturation: 0.75..<0.95, value: 0.7..<0.95, using: &random)
      : SceneColor.paint(using: &random)
    let stem = SceneColor.random(
      hue: 0.08..<0.14, saturation: 0.08..<0.3, value: 0.8..<0.98, using: &random)
    let height = random.uniform(0.72..<0.95)
    let foot = random.uniform(0.26..<0.38)
    let brim: Float = 0.06
    var mushroom = Drawing()
    mushroom.add(
      .polygon(
        [Point(-0.2, 0), Point(0.2, 0), Point(foot, 0.88), Point(-foot, 0.88)], rounding: 0.06),
      stem)
    mushroom.add(.dome(Point(0, brim), radii: Point(0.94, height)), cap)
    mushroom.addDetail(.box(Point(0, brim - 0.05), halfSize: Point(0.84, 0.05)), stem.lit(by: 0.75))
    let spots: [(x: Float, y: Float, radius: Float)] = [
      (0.02, 0.72, 0.14), (-0.42, 0.48, 0.15), (0.44, 0.46, 0.16), (-0.05, 0.3, 0.13),
      (-0.7, 0.22, 0.08), (0.73, 0.22, 0.08),
    ]
    for spot in spots {
      let middle = Point(spot.x, brim - spot.y * height)
      mushroom.addDetail(.circle(middle, radius: spot.radius), .white)
    }
    return mushroom
  }
}
