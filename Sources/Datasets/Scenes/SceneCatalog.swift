// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
public import Kernels
public import Scenes

/// Draws pictures again with different backgrounds.
public protocol BackgroundSource: Sendable {
  /// The images of `dataset` that it knows.
  func indices(in dataset: Dataset) -> [Int]

  /// Draws the images of `dataset` again, at its size; and the class that each new background
  /// belongs to, `nil` for none.
  ///
  /// - Precondition: it knows all of them.
  func variant(
    _ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64
  ) throws(DatasetError) -> (dataset: Dataset, backgrounds: [Int?])
}

/// Descriptions of a set of scenes, to draw them again with another background.
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

  /// The scene of a picture, found by the last three parts of its path: `train/bird/00010.png`.
  private func entry(_ source: String) -> (generator: SceneGenerator, scene: Scene)? {
    scenes[source.split(separator: "/").suffix(3).joined(separator: "/")]
  }

  /// The images whose paths are those of scenes.
  public func indices(in dataset: Dataset) -> [Int] {
    dataset.sourceNames.indices.filter { entry(dataset.sourceNames[$0]) != nil }
  }

  /// See `BackgroundSource`.
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

extension SceneGenerator {
  /// Scenes 0 to `count` − 1 as labelled images in memory, drawn by the threads of `pool`.
  ///
  /// Image *i* of the data set is scene *i*: `scene(at: i)` tells its background, `mask(of:)` its
  /// object. Source names are the paths that `SceneWriter` gives the pictures.
  ///
  /// - Precondition: `count` is positive.
  public func dataset(count: Int, on pool: ThreadPool) -> Dataset {
    precondition(count > 0, "a data set has at least one image")
    let size = parameters.size
    let byteCount = 3 * size * size
    let pixels = PixelCache.filled(byteCount: count * byteCount) { bytes in
      pool.forEach(count) { index, _ in bytes.store(render(scene(at: index)).pixels, at: index) }
    }
    return Dataset(
      name: "scenes/\(parameters.split.rawValue)", classNames: Self.labels, width: size,
      height: size,
      labels: (0..<count).map { Int32(scene(at: $0).label) }, pixels: pixels,
      sourceNames: (0..<count).map { path(of: scene(at: $0)) })
  }
}
