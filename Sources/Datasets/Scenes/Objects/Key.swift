// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// A ring to hold, a shaft and a bit of two or three teeth: gold, silver, or painted.
  static func key(using random: inout RandomGenerator) -> Drawing {
    let metal =
      switch random.index(below: 3) {
      case 0:
        SceneColor.random(hue: 0.1..<0.15, saturation: 0.6..<0.85, value: 0.75..<1, using: &random)
      case 1:
        SceneColor.random(hue: 0.5..<0.7, saturation: 0..<0.12, value: 0.7..<0.95, using: &random)
      default: SceneColor.paint(using: &random)
      }
    let bow = random.uniform(0.3..<0.38)
    let length = random.uniform(0.36..<0.5)
    var key = Drawing()
    key.add(.box(Point(0.3, 0), halfSize: Point(0.66, 0.1), corner: 0.05), metal)
    key.add(.box(Point(0.82, length / 2), halfSize: Point(0.1, length / 2)), metal)
    key.add(.box(Point(0.52, length * 0.4), halfSize: Point(0.09, length * 0.4)), metal)
    if random.uniform() < 0.5 {
      key.add(.box(Point(0.24, length * 0.3), halfSize: Point(0.08, length * 0.3)), metal)
    }
    key.add(.ring(Point(-0.58, 0), radius: bow, halfWidth: 0.12), metal.lit(by: 0.92))
    key.addDetail(
      .box(Point(0.28, -0.04), halfSize: Point(0.56, 0.03)), metal.mixed(with: .white, 0.5))
    return key
  }
}
