// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging

/// A folder that `SceneWriter` wrote: what each of its pictures shows, from which it can be drawn
/// again with another background.
public struct SceneFolder: Sendable {
  private let scenes: [String: (generator: SceneGenerator, scene: Scene)]

  /// `nil` for a folder without `scenes.json`.
  public init?(_ path: String) throws(DatasetError) {
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

  /// The images of `dataset` that are scenes of this folder.
  public func indices(in dataset: Dataset) -> [Int] {
    dataset.sourceNames.indices.filter { entry(dataset.sourceNames[$0]) != nil }
  }

  /// The images of `dataset` drawn again, at its size; and what is behind each object.
  ///
  /// - Precondition: all of them are scenes of this folder.
  public func variant(
    _ variant: SceneVariant, of dataset: Dataset, seed: UInt64
  ) -> (dataset: Dataset, backgrounds: [SceneBackground?]) {
    let drawn = dataset.sourceNames.map { source in
      guard let (generator, scene) = entry(source) else {
        preconditionFailure("a picture is a scene of the folder")
      }
      return generator.render(scene, as: variant, seed: seed)
    }
    let images = drawn.map { drawn in
      drawn.image.width == dataset.width && drawn.image.height == dataset.height
        ? drawn.image : drawn.image.resized(width: dataset.width, height: dataset.height)
    }
    return (
      Dataset(
        name: "\(dataset.name), \(variant.rawValue)", classNames: dataset.classNames,
        labels: dataset.labels, images: images, sourceNames: dataset.sourceNames),
      drawn.map(\.background)
    )
  }
}
