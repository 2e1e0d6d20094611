// SPDX-License-Identifier: Apache-2.0
import Kernels

extension Drawing {
  /// Seen from the side: two wheels, a cabin with two windows, a head lamp.
  static func car(using random: inout RandomGenerator) -> Drawing {
    let paint = SceneColor.paint(using: &random)
    let glass = SceneColor(0.78, 0.9, 0.97)
    let tyre = SceneColor(0.13, 0.13, 0.15)
    let roof = random.uniform(-0.62 ..< -0.42)
    let rear = random.uniform(-0.8 ..< -0.5)
    let wheel = random.uniform(0.22..<0.28)
    var car = Drawing()
    car.add(
      .polygon(
        [Point(rear, 0), Point(-0.4, roof), Point(0.25, roof), Point(0.58, 0)], rounding: 0.04),
      paint.lit(by: 0.92))
    car.add(.box(Point(0, 0.2), halfSize: Point(0.97, 0.27), corner: 0.14), paint)
    car.addDetail(
      .polygon([
        Point(rear + 0.2, 0), Point(-0.33, roof + 0.09), Point(-0.1, roof + 0.09), Point(-0.1, 0),
      ]), glass)
    car.addDetail(
      .polygon([
        Point(0.02, 0), Point(0.02, roof + 0.09), Point(0.2, roof + 0.09), Point(0.42, 0),
      ]), glass)
    car.addDetail(.box(Point(0, 0.2), halfSize: Point(0.9, 0.04)), paint.lit(by: 0.7))
    for x: Float in [-0.52, 0.52] {
      car.add(.circle(Point(x, 0.46), radius: wheel), tyre)
      car.addDetail(.circle(Point(x, 0.46), radius: wheel * 0.45), SceneColor(0.75, 0.75, 0.78))
    }
    car.addDetail(.circle(Point(0.87, 0.13), radius: 0.1), SceneColor(1, 0.92, 0.5))
    return car
  }
}
