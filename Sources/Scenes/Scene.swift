// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels

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
