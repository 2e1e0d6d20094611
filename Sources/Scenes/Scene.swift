// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels

/// A scene's description: all that rendering needs, in shares of the picture's side, so that it
/// suits any size.
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
  /// How many blobs lie in the background.
  public var clutter: Int
  /// Draws the specimen: its proportions and its colours.
  public var objectSeed: UInt64
  /// Draws the background and the blobs on it.
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
  /// Multiplies every colour of the picture.
  public var brightness: Float
  /// More red and less blue when positive.
  public var warmth: Float
  /// Whence the object is lit, in turns clockwise from the right.
  public var direction: Float
  /// How much the object's lit side is brighter than its centre.
  public var modelling: Float
  /// Where the edge of a shadow across the object runs, in half sides from its centre along
  /// `direction`; none: `nil`.
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
