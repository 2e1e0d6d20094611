// SPDX-License-Identifier: Apache-2.0
import Kernels

extension SceneCanvas {
  /// Makes the object brighter towards the light, and darker beyond a shadow's edge.
  mutating func shade(by light: SceneLight, at placement: Placement) {
    let toLight = Point(
      ExactArithmetic.cosine(turns: light.direction), ExactArithmetic.sine(turns: light.direction))
    let pixelsPerUnit = placement.pixelsPerUnit
    mapColors { x, y in
      let along =
        ((x - placement.center.x) * toLight.x + (y - placement.center.y) * toLight.y)
        / pixelsPerUnit
      var factor = 1 + light.modelling * along
      if let edge = light.shadowEdge {
        factor *= 0.5 + 0.5 * ExactArithmetic.smoothStep(edge - 0.1, edge + 0.1, along)
      }
      return factor
    }
  }

  /// Adds a small distractor, an oval or a box of any colour anywhere.
  mutating func addBlob(using random: inout RandomGenerator) {
    let color = SceneColor.random(
      hue: 0..<1, saturation: 0..<0.9, value: 0.2..<1, using: &random)
    let side = Float(size)
    let turns = random.uniform()
    let placement = Placement(
      center: Point(random.uniform(), random.uniform()) * side,
      pixelsPerUnit: random.uniform(0.03..<0.09) * side,
      cosine: ExactArithmetic.cosine(turns: turns), sine: ExactArithmetic.sine(turns: turns),
      isMirrored: false)
    let height = random.uniform(0.4..<1)
    let shape: Shape =
      random.uniform() < 0.5
      ? .ellipse(.zero, radii: Point(1, height)) : .box(.zero, halfSize: Point(1, height))
    fill(shape, with: color, at: placement)
  }
}
