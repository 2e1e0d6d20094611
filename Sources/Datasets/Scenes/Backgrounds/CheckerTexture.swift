// SPDX-License-Identifier: Apache-2.0
import Kernels

/// A floor or a tablecloth of squares in two colours, laid at any angle.
struct CheckerTexture: SceneTexture {
  private let light: SceneColor
  private let dark: SceneColor
  private let axis: Point
  private let offset: Point
  private let squares: Float

  init(using random: inout RandomGenerator) {
    light = .pale(using: &random)
    dark = .random(hue: 0..<1, saturation: 0.3..<0.8, value: 0.35..<0.8, using: &random)
    squares = random.uniform(4..<6.5)
    let turns = random.uniform(-0.125..<0.125)
    axis = Point(ExactArithmetic.cosine(turns: turns), ExactArithmetic.sine(turns: turns))
    offset = Point(random.uniform(), random.uniform())
  }

  @inline(__always) func color(at point: Point, pixel: Float) -> SceneColor {
    let u = squares * (axis.x * point.x + axis.y * point.y) + offset.x
    let v = squares * (axis.x * point.y - axis.y * point.x) + offset.y
    let edge = squares * pixel
    return light.mixed(
      with: dark, 0.5 + 0.5 * stripe(u, edge: edge) * stripe(v, edge: edge))
  }

  /// 1 and −1 in turn over each unit of `position`, with a ramp of width `edge` in between.
  @inline(__always) private func stripe(_ position: Float, edge: Float) -> Float {
    let half = position * 0.5
    let phase = 2 * (half - half.rounded(.down))  // [0, 2)
    let toEdge = min(phase, abs(phase - 1), 2 - phase)
    let height = min(1, 2 * toEdge / edge)
    return phase < 1 ? height : -height
  }
}
