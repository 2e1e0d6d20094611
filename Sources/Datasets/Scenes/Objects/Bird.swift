// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// Standing, seen from the side: head with beak, a wing, a tail, two legs.
  static func bird(using random: inout RandomGenerator) -> Drawing {
    let plumage = SceneColor.paint(using: &random)
    let belly = plumage.mixed(with: .white, random.uniform(0.3..<0.7))
    let wing =
      random.uniform() < 0.5 ? plumage.lit(by: 0.6) : SceneColor.paint(using: &random)
    let horn = SceneColor.random(
      hue: 0.06..<0.14, saturation: 0.75..<0.95, value: 0.85..<1, using: &random)
    let tailTip = random.uniform(-0.42 ..< -0.1)
    var bird = Drawing()
    for x: Float in [-0.08, 0.16] {
      bird.add(.capsule(Point(x, 0.4), Point(x, 0.88), radius: 0.05), horn)
      bird.add(.capsule(Point(x, 0.9), Point(x + 0.16, 0.9), radius: 0.045), horn)
    }
    bird.add(
      .polygon(
        [Point(-0.3, 0), Point(-0.95, tailTip), Point(-0.93, tailTip + 0.28), Point(-0.3, 0.34)],
        rounding: 0.03), wing)
    bird.add(.polygon([Point(0.66, -0.62), Point(0.98, -0.46), Point(0.66, -0.34)]), horn)
    bird.add(.ellipse(Point(0, 0.12), radii: Point(0.56, 0.42)), plumage)
    bird.add(
      .polygon([Point(0.1, -0.25), Point(0.3, -0.5), Point(0.6, -0.3), Point(0.45, 0.2)]), plumage)
    bird.add(.circle(Point(0.45, -0.5), radius: 0.3), plumage)
    bird.addDetail(.ellipse(Point(0.2, 0.26), radii: Point(0.3, 0.22)), belly)
    bird.addDetail(
      .polygon([Point(0.2, -0.04), Point(-0.62, 0.1), Point(0, 0.34)], rounding: 0.05), wing)
    bird.addDetail(.circle(Point(0.52, -0.55), radius: 0.11), .white)
    bird.addDetail(.circle(Point(0.54, -0.55), radius: 0.06), .ink)
    return bird
  }
}
