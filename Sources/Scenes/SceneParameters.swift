// SPDX-License-Identifier: Apache-2.0

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
public enum SceneError: Error, Equatable, Sendable {
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
}

extension SceneError: CustomStringConvertible {
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
