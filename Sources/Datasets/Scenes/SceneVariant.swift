// SPDX-License-Identifier: Apache-2.0
public import Imaging
import Kernels

/// A scene as tests of backgrounds show it: the sets of ImageNet-9 (Xiao et al., arXiv:2006.09994),
/// and textures (Sehwag et al., 2020).
public enum SceneVariant: String, CaseIterable, Codable, Sendable {
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

extension SceneGenerator {
  /// - Parameter seed: what new backgrounds are drawn from, with the scene's number.
  /// - Returns: the picture, and what is behind the object.
  public func render(
    _ scene: Scene, as variant: SceneVariant, seed: UInt64
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
