// SPDX-License-Identifier: Apache-2.0
import Imaging
import Kernels

/// Draws scenes as pictures of one size.
struct SceneRenderer {
  enum Content {
    case everything, background
    case foreground(red: UInt8, green: UInt8, blue: UInt8)
    /// The object before a texture that belongs to no class.
    case texture
  }

  let size: Int

  func sample(of scene: Scene) -> SceneSample {
    let object = object(of: scene)
    let image = image(of: scene, object: object, over: background(of: scene))
    return SceneSample(scene: scene, image: image, mask: mask(of: object))
  }

  func render(_ scene: Scene, content: Content) -> Image {
    switch content {
    case .everything:
      return image(of: scene, object: object(of: scene), over: background(of: scene))
    case .background:
      return image(of: scene, object: SceneCanvas(size: size), over: background(of: scene))
    case .foreground(let red, let green, let blue):
      let color = SceneColor(Float(red) / 255, Float(green) / 255, Float(blue) / 255)
      // The scene's light does not change the plain colour.
      let unlit = SceneColor(channels: color.channels / tint(of: scene.light))
      return image(
        of: scene, object: object(of: scene),
        over: [SceneColor](repeating: unlit, count: size * size))
    case .texture:
      var random = RandomGenerator(seed: scene.backgroundSeed)
      let texture = MarbleTexture(using: &random)
      return image(
        of: scene, object: object(of: scene), over: SceneBackground.paint(texture, size: size))
    }
  }

  func mask(of scene: Scene) -> Mask { mask(of: object(of: scene)) }

  private func mask(of object: SceneCanvas) -> Mask {
    Mask(width: size, height: size, pixels: object.pixels.map { $0.w >= 0.5 ? 255 : 0 })
  }

  private func object(of scene: Scene) -> SceneCanvas {
    var random = RandomGenerator(seed: scene.objectSeed)
    let drawing = scene.object.drawing(using: &random)
    let outline = SceneColor.random(
      hue: 0..<1, saturation: 0..<0.6, value: 0.05..<0.3, using: &random)
    var canvas = SceneCanvas(size: size)
    let placement = Placement(
      center: Point(scene.centerX, scene.centerY) * Float(size),
      pixelsPerUnit: scene.scale * Float(size) / 2,
      cosine: ExactArithmetic.cosine(turns: scene.rotation),
      sine: ExactArithmetic.sine(turns: scene.rotation), isMirrored: scene.isMirrored)
    drawing.paint(on: &canvas, at: placement, outline: outline, outlineWidth: 0.06)
    canvas.shade(by: scene.light, at: placement)
    return canvas
  }

  /// The background with its blobs.
  private func background(of scene: Scene) -> [SceneColor] {
    var random = RandomGenerator(seed: scene.backgroundSeed)
    var blobs = RandomGenerator(seed: scene.backgroundSeed, stream: 1)
    var pixels = scene.background.pixels(size: size, using: &random)
    guard scene.clutter > 0 else { return pixels }
    var canvas = SceneCanvas(size: size)
    for _ in 0..<scene.clutter { canvas.addBlob(using: &blobs) }
    for index in pixels.indices {
      let over = canvas.pixels[index]
      pixels[index].channels = over.lowHalf3 + pixels[index].channels * (1 - over.w)
    }
    return pixels
  }

  private func tint(of light: SceneLight) -> SIMD3<Float> {
    light.brightness * SIMD3(1 + light.warmth, 1, 1 - light.warmth)
  }

  private func image(of scene: Scene, object: SceneCanvas, over background: [SceneColor]) -> Image {
    let tint = tint(of: scene.light) * 255
    let bytes = [UInt8](unsafeUninitializedCapacity: 3 * size * size) { bytes, count in
      for index in background.indices {
        let over = object.pixels[index]
        let color = (over.lowHalf3 + background[index].channels * (1 - over.w)) * tint
        let byte = pointwiseMin(pointwiseMax(color, .zero), SIMD3(repeating: 255)) + 0.5
        bytes[3 * index] = UInt8(byte.x)
        bytes[3 * index + 1] = UInt8(byte.y)
        bytes[3 * index + 2] = UInt8(byte.z)
      }
      count = 3 * size * size
    }
    return Image(width: size, height: size, pixels: bytes)
  }
}

extension SIMD4<Float> {
  /// Red, green and blue.
  @inline(__always) var lowHalf3: SIMD3<Float> { SIMD3(x, y, z) }
}

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
