// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// A mug with a handle, filled to below its rim, with a band of another colour.
  static func cup(using random: inout RandomGenerator) -> Drawing {
    let glaze =
      random.uniform() < 0.3
      ? SceneColor.pale(using: &random) : SceneColor.paint(using: &random)
    let band = SceneColor.paint(using: &random).lit(by: 0.85)
    let drink = SceneColor.random(
      hue: 0.03..<0.12, saturation: 0.6..<0.85, value: 0.25..<0.5, using: &random)
    let foot = random.uniform(0.34..<0.52)
    let top: Float = -0.55
    let bottom: Float = 0.78
    let middle: Float = -0.2
    let rim: Float = 0.62
    var cup = Drawing()
    cup.add(
      .ring(Point(middle + rim, 0.08), radius: 0.34, halfWidth: 0.1), glaze.lit(by: 0.85))
    cup.add(
      .polygon(
        [
          Point(middle - rim, top), Point(middle + rim, top), Point(middle + foot, bottom),
          Point(middle - foot, bottom),
        ], rounding: 0.05), glaze)
    let bandHalfWidth = 0.5 * (rim + foot) - 0.03
    cup.addDetail(.box(Point(middle, 0.2), halfSize: Point(bandHalfWidth, 0.15)), band)
    cup.add(.ellipse(Point(middle, top), radii: Point(rim + 0.05, 0.2)), glaze.lit(by: 0.8))
    cup.addDetail(.ellipse(Point(middle, top + 0.02), radii: Point(rim - 0.06, 0.12)), drink)
    return cup
  }
}
