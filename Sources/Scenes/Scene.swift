// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels

/// All that is needed to draw a scene at any size; lengths are shares of the picture's side.
public struct Scene: Equatable, Codable, Sendable {
  /// Its place in the set.
  public var index: Int
  /// What it shows.
  public var object: SceneObject
  /// What lies behind it.
  public var background: SceneBackground
  /// The object's centre, from the left.
  public var centerX: Float
  /// The object's centre, from the top.
  public var centerY: Float
  /// The side of the square that holds the object.
  public var scale: Float
  /// The object's rotation, clockwise, in turns.
  public var rotation: Float
  /// Whether the object is mirrored from left to right.
  public var isMirrored: Bool
  /// How it is lit.
  public var light: SceneLight
  /// The number of blobs in the background.
  public var clutter: Int
  /// The seed of the object's proportions and colours.
  public var objectSeed: UInt64
  /// The seed of the background and its blobs.
  public var backgroundSeed: UInt64

  /// The class, as a classifier's target.
  public var label: Int { object.rawValue }

  /// The same object, in the same place and light, before another background.
  public func on(_ background: SceneBackground) -> Scene {
    var scene = self
    scene.background = background
    return scene
  }
}

/// The light of a scene.
public struct SceneLight: Equatable, Codable, Sendable {
  /// The factor of all colours.
  public var brightness: Float
  /// More red and less blue when positive.
  public var warmth: Float
  /// Where the light comes from, in turns clockwise from the right.
  public var direction: Float
  /// How much brighter the object's lit side is than its centre.
  public var modelling: Float
  /// The edge of a shadow across the object, in half sides from its centre along `direction`; `nil`
  /// for none.
  public var shadowEdge: Float?
}

/// A rendered scene.
public struct SceneSample: Equatable, Sendable {
  /// What was drawn.
  public let scene: Scene
  /// The picture.
  public let image: Image
  /// 255 where the object covers half of a pixel or more, else 0.
  public let mask: Mask
}

/// The parameters of a set of scenes. With an index, they determine every byte of a picture.
public struct SceneParameters: Equatable, Codable, Sendable {
  /// A part of the set. Parts share no scenes.
  public enum Split: String, CaseIterable, Codable, Sendable {
    case train, validation, test

    /// The number of the part's first stream of randomness, of which each scene takes one.
    var firstStream: UInt64 {
      switch self {
      case .train: 0
      case .validation: 1 << 48
      case .test: 2 << 48
      }
    }
  }

  /// Pixels along a side of the square pictures, in 8…1024.
  public var size: Int
  /// ρ, the probability that an object stands on its class's own background. See `SceneGenerator`.
  public var correlation: Float
  /// What all random choices derive from.
  public var seed: UInt64
  /// The part of the set.
  public var split: Split
  /// The smallest side of an object, as a share of the picture's.
  public var smallestObject: Float
  /// The largest side of an object, as a share of the picture's.
  public var largestObject: Float
  /// The largest tilt to either side, in turns.
  public var tilt: Float
  /// The largest number of small blobs in the background.
  public var clutter: Int
  /// The probability that a shadow falls across the object.
  public var shadow: Float

  /// Small training scenes, half of them before their own background.
  public init(
    size: Int = 32, correlation: Float = 0.5, seed: UInt64 = 1, split: Split = .train,
    smallestObject: Float = 0.5, largestObject: Float = 0.8, tilt: Float = 0.06, clutter: Int = 3,
    shadow: Float = 0.3
  ) {
    (self.size, self.correlation, self.seed, self.split) = (size, correlation, seed, split)
    (self.smallestObject, self.largestObject, self.tilt) = (smallestObject, largestObject, tilt)
    (self.clutter, self.shadow) = (clutter, shadow)
  }

  /// Throws for a parameter out of range.
  public func validate() throws(SceneError) {
    guard (8...1024).contains(size) else { throw .sizeOutOfRange(size) }
    guard (0...1).contains(correlation) else { throw .correlationOutOfRange(correlation) }
    guard 0.1 <= smallestObject, smallestObject <= largestObject, largestObject <= 1 else {
      throw .objectScaleOutOfRange(smallestObject, largestObject)
    }
    guard (0...0.5).contains(tilt) else { throw .tiltOutOfRange(tilt) }
    guard (0...100).contains(clutter) else { throw .clutterOutOfRange(clutter) }
    guard (0...1).contains(shadow) else { throw .shadowOutOfRange(shadow) }
  }
}

/// Why scenes cannot be drawn.
public enum SceneError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Choose a side of 8 to 1024 pixels.
  case sizeOutOfRange(Int)
  /// Choose a correlation of 0 to 1; 0.1 makes backgrounds independent of classes.
  case correlationOutOfRange(Float)
  /// Choose 0.1 ≤ smallest ≤ largest ≤ 1.
  case objectScaleOutOfRange(Float, Float)
  /// Choose a tilt of 0 to 0.5 turns.
  case tiltOutOfRange(Float)
  /// Choose 0 to 100 blobs.
  case clutterOutOfRange(Int)
  /// Choose a probability of 0 to 1.
  case shadowOutOfRange(Float)
  /// Choose counts of 0 to 10 million scenes, and at least one in all.
  case countOutOfRange(Int)

  /// See `message`.
  public var description: String { message }

  /// One line for people: which setting, what it is, what was expected.
  public var message: String {
    switch self {
    case .sizeOutOfRange(let size): "scenes of \(size) pixels a side: expected 8 to 1024"
    case .correlationOutOfRange(let correlation):
      "correlation \(correlation): expected 0 to 1; 0.1 makes backgrounds independent of classes"
    case .objectScaleOutOfRange(let smallest, let largest):
      "objects of \(smallest) to \(largest) of the side: expected 0.1 to 1, the smallest first"
    case .tiltOutOfRange(let tilt): "tilt of \(tilt) turns: expected 0 to 0.5"
    case .clutterOutOfRange(let clutter): "clutter of \(clutter) blobs: expected 0 to 100"
    case .shadowOutOfRange(let shadow): "shadow probability \(shadow): expected 0 to 1"
    case .countOutOfRange(let count):
      "\(count) scenes: expected 0 to 10000000 in each part, and at least one in all"
    }
  }
}

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
  /// What scenes are drawn from.
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
  public func mask(of scene: Scene) -> Mask { SceneRenderer(size: parameters.size).mask(of: scene) }

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

/// A variant of a picture that tests what backgrounds do: those of ImageNet-9 (Xiao et al.,
/// arXiv:2006.09994), and textures (Sehwag et al., 2020).
public enum BackgroundVariant: String, CaseIterable, Codable, Sendable {
  case original
  /// The object on grey; and the background, painted also where the object was.
  case onlyForeground = "only foreground"
  case onlyBackground = "only background"
  /// The object before a new background of its own class, and of any class: ImageNet-9's Mixed-Same
  /// and Mixed-Rand.
  case sameClass = "same-class background"
  case randomClass = "random background"
  /// The object before a texture that belongs to no class.
  case texture
}

extension SceneGenerator {
  /// - Parameter seed: what new backgrounds are drawn from, with the scene's number.
  /// - Returns: the picture, and what is behind the object.
  public func render(_ scene: Scene, as variant: BackgroundVariant, seed: UInt64) -> (
    image: Image, background: SceneBackground?
  ) {
    var random = RandomGenerator(seed: seed, stream: UInt64(scene.index))
    var swapped = scene
    swapped.backgroundSeed = random.next()
    switch variant {
    case .original: return (render(scene), scene.background)
    case .onlyForeground: return (renderOnlyForeground(scene), nil)
    case .onlyBackground: return (renderOnlyBackground(scene), scene.background)
    case .sameClass:
      swapped.background = scene.object.ownBackground
      return (render(swapped), swapped.background)
    case .randomClass:
      let all = SceneBackground.allCases
      swapped.background = all[random.index(below: all.count)]
      return (render(swapped), swapped.background)
    case .texture:
      return (SceneRenderer(size: parameters.size).render(swapped, content: .texture), nil)
    }
  }

  /// The path of a scene's picture in a folder of scenes, such as `train/bird/00120.png`.
  package func path(of scene: Scene) -> String {
    let digits = String(scene.index)
    let zeros = String(repeating: "0", count: max(0, 5 - digits.count))
    return "\(parameters.split.rawValue)/\(scene.object.name)/\(zeros)\(digits).png"
  }
}
