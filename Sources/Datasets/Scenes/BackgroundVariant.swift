// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels

/// A picture as tests of backgrounds show it: the sets of ImageNet-9 (Xiao et al.,
/// arXiv:2006.09994), and textures (Sehwag et al., 2020).
public enum BackgroundVariant: String, CaseIterable, Codable, Sendable {
  case original
  /// The object on grey; and the background, painted also where the object was.
  case onlyForeground = "only foreground"
  case onlyBackground = "only background"
  /// The object before a background of its own class, and of any class (its own among them), both
  /// drawn anew: ImageNet-9's Mixed-Same and Mixed-Rand.
  case sameClass = "same-class background"
  case randomClass = "random background"
  /// The object before a texture that is behind no class.
  case texture
}

/// Draws pictures again with other backgrounds.
public protocol BackgroundSource: Sendable {
  /// The images of `dataset` that it knows.
  func indices(in dataset: Dataset) -> [Int]

  /// The images of `dataset` drawn again, at its size, and the class that what is behind each
  /// belongs to, `nil` where it belongs to none.
  ///
  /// - Precondition: it knows all of them.
  func variant(
    _ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64
  ) throws(DatasetError) -> (dataset: Dataset, backgrounds: [Int?])
}

extension SceneGenerator {
  /// - Parameter seed: what new backgrounds are drawn from, with the scene's number.
  /// - Returns: the picture, and what is behind the object.
  public func render(
    _ scene: Scene, as variant: BackgroundVariant, seed: UInt64
  ) -> (image: Image, background: SceneBackground?) {
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
      return (
        SceneRenderer(size: parameters.size).render(swapped, content: .texture), nil
      )
    }
  }
}
