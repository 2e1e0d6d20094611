// SPDX-License-Identifier: Apache-2.0
import Kernels

/// The background of a scene. Its raw value is that of the class that belongs there.
public enum SceneBackground: Int, CaseIterable, Codable, Sendable {
  case sky, water, gravel, checker, sand, bricks, wood, forest, night, grass

  /// The background's name, as reports write it.
  public var name: String { "\(self)" }

  /// The pixels of a square picture, row by row; colours and arrangement are drawn from `random`.
  func pixels(size: Int, using random: inout RandomGenerator) -> [SceneColor] {
    switch self {
    case .sky: Self.paint(SkyTexture(using: &random), size: size)
    case .water: Self.paint(WaterTexture(using: &random), size: size)
    case .gravel: Self.paint(GravelTexture(using: &random), size: size)
    case .checker: Self.paint(CheckerTexture(using: &random), size: size)
    case .sand: Self.paint(SandTexture(using: &random), size: size)
    case .bricks: Self.paint(BrickTexture(using: &random), size: size)
    case .wood: Self.paint(WoodTexture(using: &random), size: size)
    case .forest: Self.paint(ForestTexture(using: &random), size: size)
    case .night: Self.paint(NightTexture(using: &random), size: size)
    case .grass: Self.paint(GrassTexture(using: &random), size: size)
    }
  }

  static func paint<Texture: SceneTexture>(_ texture: Texture, size: Int) -> [SceneColor] {
    let pixel = 1 / Float(size)
    return [SceneColor](unsafeUninitializedCapacity: size * size) { colors, count in
      for row in 0..<size {
        let y = (Float(row) + 0.5) * pixel
        for column in 0..<size {
          let x = (Float(column) + 0.5) * pixel
          (colors.baseAddress.unsafelyUnwrapped + row * size + column).initialize(
            to: texture.color(at: Point(x, y), pixel: pixel))
        }
      }
      count = size * size
    }
  }
}

/// A colour for each point of the picture, which is the unit square, y downwards.
protocol SceneTexture: Sendable {
  /// Draws the colours and the arrangement at random.
  init(using random: inout RandomGenerator)

  /// The colour around `point`; `pixel` is the side of a pixel, over which edges are smoothed.
  func color(at point: Point, pixel: Float) -> SceneColor
}
