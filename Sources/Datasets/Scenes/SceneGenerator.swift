// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels

/// Draws labelled pictures of ten kinds of objects before ten kinds of backgrounds, with exact
/// masks.
///
/// The label of scene *i* is *i* mod 10, so that every ten consecutive scenes hold each class once.
/// Its background is the class's own with probability ρ, and otherwise one of the *other* nine,
/// each with probability (1 − ρ) / 9. Hence P(own) = ρ exactly; at ρ = 1 the background gives the
/// class away, at ρ = 0.1 it is independent of the class, and at ρ = 0 an object is never at home.
///
/// Everything else about scene *i* is drawn from a generator of random numbers of its own, seeded
/// by (seed, split, *i*), and does not depend on ρ: a set with another ρ shows the same objects.
/// Arithmetic is IEEE 754 `+ − × ÷ √` alone, so that the bytes are the same on every machine, in
/// any order and for any number of threads.
public struct SceneGenerator: Sendable {
  public let parameters: SceneParameters

  /// The square around an outlined, tilted object, in sides of the object: it stays within the
  /// picture.
  private static let reach: Float = 1.1

  /// - Throws: `SceneError` when a parameter is out of range.
  public init(_ parameters: SceneParameters) throws(SceneError) {
    try parameters.validate()
    self.parameters = parameters
  }

  /// The class names, by label.
  public static var labels: [String] { SceneObject.allCases.map(\.name) }

  /// The description of scene `index`.
  public func scene(at index: Int) -> Scene {
    precondition(index >= 0, "scenes are counted from 0")
    let stream = parameters.split.firstStream &+ UInt64(index)
    var random = RandomGenerator(seed: parameters.seed, stream: stream)
    let objectSeed = random.next()
    let backgroundSeed = random.next()
    let object = SceneObject.allCases[index % SceneObject.allCases.count]
    let background = background(for: object, using: &random)
    let scale = random.uniform(parameters.smallestObject..<parameters.largestObject.nextUp)
    let room = max(0, 1 - scale * Self.reach)
    let centerX = 0.5 + room * (random.uniform() - 0.5)
    let centerY = 0.5 + room * (random.uniform() - 0.5)
    let rotation = parameters.tilt * (2 * random.uniform() - 1)
    let isMirrored = random.uniform() < 0.5
    let clutter = random.index(below: parameters.clutter + 1)
    return Scene(
      index: index, object: object, background: background, centerX: centerX, centerY: centerY,
      scale: scale, rotation: rotation, isMirrored: isMirrored, light: light(using: &random),
      clutter: clutter, objectSeed: objectSeed, backgroundSeed: backgroundSeed)
  }

  /// Always takes two numbers, so that what is drawn afterwards does not depend on ρ.
  private func background(
    for object: SceneObject, using random: inout RandomGenerator
  ) -> SceneBackground {
    let isAtHome = random.uniform() < parameters.correlation
    let step = 1 + random.index(below: SceneBackground.allCases.count - 1)
    let own = object.ownBackground
    if isAtHome { return own }
    return SceneBackground.allCases[(own.rawValue + step) % SceneBackground.allCases.count]
  }

  private func light(using random: inout RandomGenerator) -> SceneLight {
    let brightness = random.uniform(0.65..<1.1)
    let warmth = random.uniform(-0.06..<0.06)
    let direction = random.uniform()
    let modelling = random.uniform(0.05..<0.25)
    let hasShadow = random.uniform() < parameters.shadow
    let edge = random.uniform(-0.6..<0.2)
    return SceneLight(
      brightness: brightness, warmth: warmth, direction: direction, modelling: modelling,
      shadowEdge: hasShadow ? edge : nil)
  }

  /// The picture of `scene`, before another background if one is given.
  public func render(_ scene: Scene, background: SceneBackground? = nil) -> Image {
    SceneRenderer(size: parameters.size).render(
      background.map { scene.on($0) } ?? scene, content: .everything)
  }

  /// The object before one colour, grey unless told.
  public func renderOnlyForeground(
    _ scene: Scene, over color: (red: UInt8, green: UInt8, blue: UInt8) = (128, 128, 128)
  ) -> Image {
    SceneRenderer(size: parameters.size).render(
      scene, content: .foreground(red: color.red, green: color.green, blue: color.blue))
  }

  /// The background, painted also where the object would be.
  public func renderOnlyBackground(_ scene: Scene) -> Image {
    SceneRenderer(size: parameters.size).render(scene, content: .background)
  }

  /// 255 where the object covers half of a pixel or more, else 0.
  public func mask(of scene: Scene) -> Mask {
    SceneRenderer(size: parameters.size).mask(of: scene)
  }

  /// Picture and mask at once.
  public func sample(at index: Int) -> SceneSample {
    SceneRenderer(size: parameters.size).sample(of: scene(at: index))
  }

  /// The samples of a range of indices, the work shared by the threads of `pool`.
  public func samples(_ indices: Range<Int>, on pool: ThreadPool) -> [SceneSample] {
    // The standard library writes to the storage that all empty arrays share.
    if indices.isEmpty { return [] }
    return [SceneSample](unsafeUninitializedCapacity: indices.count) { samples, count in
      nonisolated(unsafe) let base = samples.baseAddress
      pool.forEach(indices.count) { item, _ in
        base.unsafelyUnwrapped.advanced(by: item).initialize(
          to: sample(at: indices.lowerBound + item))
      }
      count = indices.count
    }
  }
}
