// SPDX-License-Identifier: Apache-2.0

/// Why no scenes can be drawn. What the system refuses while they are written is a `DatasetError`.
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
