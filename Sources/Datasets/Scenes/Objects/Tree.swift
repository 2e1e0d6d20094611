// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// A trunk under a round crown or under three tiers of a conifer, green or in its autumn colours.
  static func tree(using random: inout RandomGenerator) -> Drawing {
    let isAutumn = random.uniform() < 0.25
    let leaf = SceneColor.random(
      hue: isAutumn ? 0.02..<0.14 : 0.2..<0.42, saturation: 0.55..<0.9, value: 0.45..<0.85,
      using: &random)
    let bark = SceneColor.random(
      hue: 0.04..<0.1, saturation: 0.4..<0.7, value: 0.3..<0.5, using: &random)
    let width = random.uniform(0.62..<0.8)
    var tree = Drawing()
    tree.add(.box(Point(0, 0.65), halfSize: Point(0.14, 0.32)), bark)
    if random.uniform() < 0.5 {
      for tier in 0..<3 {
        let top = -0.98 + 0.4 * Float(tier)
        let half = width * (0.6 + 0.2 * Float(tier))
        tree.add(
          .polygon([Point(0, top), Point(half, top + 0.68), Point(-half, top + 0.68)]),
          leaf.lit(by: 1.12 - 0.16 * Float(2 - tier)))
      }
    } else {
      let shade = leaf.lit(by: 0.85)
      tree.add(.circle(Point(-0.4, 0), radius: 0.42), shade)
      tree.add(.circle(Point(0.4, 0), radius: 0.42), shade)
      tree.add(.circle(Point(0, -0.4), radius: width * 0.75), leaf)
      tree.addDetail(.circle(Point(0, 0), radius: 0.36), leaf)
      let fruit = leaf.mixed(with: .white, 0.4)
      tree.addDetail(.circle(Point(-0.2, -0.45), radius: 0.11), fruit)
      tree.addDetail(.circle(Point(0.25, -0.2), radius: 0.11), fruit)
    }
    return tree
  }
}
