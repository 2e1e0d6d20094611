// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging

/// What each picture of a set of scenes shows, from which it can be drawn again with another
/// background.
public struct SceneCatalog: BackgroundSource {
  private let scenes: [String: (generator: SceneGenerator, scene: Scene)]

  /// Scenes 0 to `count` − 1, as in `SceneGenerator.dataset`.
  public init(_ generator: SceneGenerator, count: Int) {
    scenes = Dictionary(
      uniqueKeysWithValues: (0..<count).map { index in
        let scene = generator.scene(at: index)
        return (generator.path(of: scene), (generator: generator, scene: scene))
      })
  }

  /// The scenes of a folder that `SceneWriter` wrote; `nil` for one without `scenes.json`.
  public init?(folder path: String) throws(DatasetError) {
    let file = path + "/scenes.json"
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    var scenes: [String: (generator: SceneGenerator, scene: Scene)] = [:]
    do {
      let manifest = try JSONDecoder().decode(
        SceneManifest.self, from: try Data(contentsOf: URL(fileURLWithPath: file)))
      for part in manifest.parts.values {
        let generator = try SceneGenerator(part.parameters)
        for picture in part.pictures { scenes[picture.picture] = (generator, picture.scene) }
      }
    } catch let error as SceneError {
      throw .unreadable(path: file, reason: error.message)
    } catch {
      throw .unreadable(path: file, reason: "not what `ocelli dataset scenes` writes")
    }
    self.scenes = scenes
  }

  /// What a picture shows, known by the last three parts of its path: `train/bird/00010.png`.
  private func entry(_ source: String) -> (generator: SceneGenerator, scene: Scene)? {
    scenes[source.split(separator: "/").suffix(3).joined(separator: "/")]
  }

  public func indices(in dataset: Dataset) -> [Int] {
    dataset.sourceNames.indices.filter { entry(dataset.sourceNames[$0]) != nil }
  }

  public func variant(
    _ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64
  ) -> (dataset: Dataset, backgrounds: [Int?]) {
    let drawn = dataset.sourceNames.map { source in
      guard let (generator, scene) = entry(source) else {
        preconditionFailure("a picture is a scene of the catalog")
      }
      return generator.render(scene, as: variant, seed: seed)
    }
    let images = drawn.map { drawn in
      drawn.image.width == dataset.width && drawn.image.height == dataset.height
        ? drawn.image : drawn.image.resized(width: dataset.width, height: dataset.height)
    }
    // A background's number is that of the class that belongs there.
    return (
      dataset.replacing(images, name: "\(dataset.name), \(variant.rawValue)"),
      drawn.map { $0.background?.rawValue }
    )
  }
}
