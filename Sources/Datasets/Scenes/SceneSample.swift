// SPDX-License-Identifier: Apache-2.0
public import Imaging

/// A rendered scene.
public struct SceneSample: Equatable, Sendable {
  public let scene: Scene
  public let image: Image
  /// 255 where the object covers half of a pixel or more, else 0.
  public let mask: Mask
}
