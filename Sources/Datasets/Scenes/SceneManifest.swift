// SPDX-License-Identifier: Apache-2.0
import Foundation

/// `scenes.json`: what is in each picture of a folder of scenes.
struct SceneManifest: Codable, Equatable {
  struct Picture: Codable, Equatable {
    /// Paths from the folder.
    let picture: String
    let mask: String
    let label: Int
    let className: String
    let background: String
    let isOwnBackground: Bool
    let scene: Scene

    init(_ scene: Scene, path: String) {
      picture = path
      mask = "masks/" + path
      label = scene.label
      className = scene.object.name
      background = scene.background.name
      isOwnBackground = scene.background == scene.object.ownBackground
      self.scene = scene
    }
  }

  struct Part: Codable, Equatable {
    let parameters: SceneParameters
    let pictures: [Picture]
  }

  let classNames: [String]
  let backgrounds: [String]
  /// By the split's name.
  let parts: [String: Part]
}
