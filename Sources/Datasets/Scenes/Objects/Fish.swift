// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// An oval body with a forked tail, fins, stripes and an eye.
  static func fish(using random: inout RandomGenerator) -> Drawing {
    let body = SceneColor.paint(using: &random)
    let fin = SceneColor.paint(using: &random)
    let height = random.uniform(0.4..<0.54)
    let stripe = random.uniform() < 0.5 ? SceneColor.white : body.lit(by: 0.55)
    var fish = Drawing()
    fish.add(
      .polygon(
        [Point(-0.38, 0), Point(-0.92, -0.48), Point(-0.76, 0), Point(-0.92, 0.48)],
        rounding: 0.04),
      fin)
    fish.add(
      .polygon([
        Point(-0.2, -height * 0.7), Point(-0.1, -height - 0.26), Point(0.4, -height * 0.7),
      ]), fin)
    fish.add(.polygon([Point(0, height * 0.7), Point(-0.1, height + 0.2), Point(0.3, 0.2)]), fin)
    fish.add(.ellipse(Point(0.18, 0), radii: Point(0.76, height)), body)
    fish.addDetail(.ellipse(Point(-0.12, 0), radii: Point(0.075, height * 0.75)), stripe)
    fish.addDetail(.ellipse(Point(0.18, 0), radii: Point(0.075, height * 0.85)), stripe)
    fish.addDetail(.circle(Point(0.6, -0.1), radius: 0.14), .white)
    fish.addDetail(.circle(Point(0.63, -0.1), radius: 0.07), .ink)
    return fish
  }
}
