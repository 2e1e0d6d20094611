// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// Five points, and a brighter or darker star within.
  static func star(using random: inout RandomGenerator) -> Drawing {
    let color =
      random.uniform() < 0.4
      ? SceneColor.random(hue: 0.11..<0.17, saturation: 0.6..<0.95, value: 0.9..<1, using: &random)
      : SceneColor.paint(using: &random)
    let waist = random.uniform(0.36..<0.5)
    let heart = random.uniform() < 0.6 ? color.mixed(with: .white, 0.6) : color.lit(by: 0.6)
    var star = Drawing()
    star.add(.star(Point(0, 0.05), radius: 0.94, innerRadius: 0.94 * waist, rounding: 0.05), color)
    star.addDetail(
      .star(Point(0, 0.05), radius: 0.5, innerRadius: 0.5 * waist, rounding: 0.02), heart)
    return star
  }
}
