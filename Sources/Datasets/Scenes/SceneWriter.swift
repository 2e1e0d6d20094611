// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Imaging
import Interchange
public import Kernels
public import Scenes

/// Writes scenes as a folder that every tool reads: `train/CLASS/00000.png`,
/// `test/CLASS/00000.png`, the masks under `masks/` by the same names, and `scenes.json`, which
/// describes each.
public struct SceneWriter: Sendable {
  /// Changes a picture before it is written; the mask stays as it is.
  public typealias Transform = @Sendable (Image, Scene) throws(DatasetError) -> Image

  private let parts: [(generator: SceneGenerator, count: Int)]
  private let transform: Transform?

  /// - Parameters:
  ///   - parameters: Of all parts; each part has its own `split`.
  ///   - testCorrelation: ρ of the test part, when it differs.
  public init(
    _ parameters: SceneParameters, trainCount: Int, testCount: Int, testCorrelation: Float? = nil,
    transform: Transform? = nil
  ) throws(SceneError) {
    for count in [trainCount, testCount] {
      guard (0...10_000_000).contains(count) else { throw .countOutOfRange(count) }
    }
    guard trainCount + testCount > 0 else { throw .countOutOfRange(0) }
    var train = parameters
    train.split = .train
    var test = parameters
    test.split = .test
    test.correlation = testCorrelation ?? parameters.correlation
    let all = [(try SceneGenerator(train), trainCount), (try SceneGenerator(test), testCount)]
    parts = all.filter { $0.1 > 0 }
    self.transform = transform
  }

  /// Writes all pictures to `folder`, or none of them, on the threads of `pool`.
  ///
  /// They go to `folder.partial`, which is then renamed; an earlier one is removed. `folder` must
  /// not exist, or be empty. Pictures are not synced: they are quickly drawn again after a power
  /// cut.
  public func write(
    to path: String, on pool: ThreadPool, progress: DatasetProgress? = nil
  ) throws(DatasetError) {
    let files = FileManager.default
    var folder = path
    while folder.hasSuffix("/") && folder.count > 1 { folder.removeLast() }
    if files.fileExists(atPath: folder) {
      guard let entries = try? files.contentsOfDirectory(atPath: folder) else {
        throw .unwritable(path: folder, reason: "it exists and is no folder")
      }
      guard entries.isEmpty else {
        throw .unwritable(path: folder, reason: "the folder exists and is not empty")
      }
    }
    let partial = folder + ".partial"
    try Self.attempt(partial) {
      if files.fileExists(atPath: partial) { try files.removeItem(atPath: partial) }
    }
    do throws(DatasetError) {
      try writeParts(to: partial, on: pool, progress)
      try Self.attempt(folder) {
        if files.fileExists(atPath: folder) { try files.removeItem(atPath: folder) }
        try files.moveItem(atPath: partial, toPath: folder)
      }
    } catch {
      try? files.removeItem(atPath: partial)
      throw error
    }
  }

  private func writeParts(
    to partial: String, on pool: ThreadPool, _ progress: DatasetProgress?
  ) throws(DatasetError) {
    let total = parts.reduce(0) { $0 + $1.count }
    var done = 0
    var manifest: [String: SceneManifest.Part] = [:]
    for (generator, count) in parts {
      try Self.createFolders(for: generator.parameters.split, count: count, in: partial)
      let pictures = try write(generator, count: count, to: partial, on: pool) {
        progress?(done + $0, total)
      }
      done += count
      manifest[generator.parameters.split.rawValue] = SceneManifest.Part(
        parameters: generator.parameters, pictures: pictures)
    }
    let json = SceneManifest(
      classNames: SceneGenerator.labels, backgrounds: SceneBackground.allCases.map(\.name),
      parts: manifest)
    try Self.attempt(partial + "/scenes.json") {
      try Data(json.json().utf8).write(to: URL(fileURLWithPath: partial + "/scenes.json"))
    }
  }

  /// Pictures between two calls of the progress, or after a failure.
  private static let chunkCount = 256

  private func write(
    _ generator: SceneGenerator, count: Int, to folder: String, on pool: ThreadPool,
    _ progress: (_ done: Int) -> Void
  ) throws(DatasetError) -> [SceneManifest.Picture] {
    let failures = UnsafeMutableBufferPointer<DatasetError?>.allocate(capacity: Self.chunkCount)
    failures.initialize(repeating: nil)
    defer {
      failures.deinitialize()
      failures.deallocate()
    }
    nonisolated(unsafe) let slots = failures
    for start in stride(from: 0, to: count, by: Self.chunkCount) {
      let chunk = min(Self.chunkCount, count - start)
      pool.forEach(chunk) { item, _ in
        do throws(DatasetError) {
          try write(generator.sample(at: start + item), of: generator, to: folder)
        } catch { slots[item] = error }
      }
      if let failure = failures.lazy.compactMap(\.self).first { throw failure }
      progress(start + chunk)
    }
    return (0..<count).map { index in
      let scene = generator.scene(at: index)
      return SceneManifest.Picture(scene, path: generator.path(of: scene))
    }
  }

  private func write(
    _ sample: SceneSample, of generator: SceneGenerator, to folder: String
  ) throws(DatasetError) {
    let image = try transform?(sample.image, sample.scene) ?? sample.image
    let path = generator.path(of: sample.scene)
    try Self.attempt(folder + "/" + path) {
      try Data(image.encodedPNG()).write(to: URL(fileURLWithPath: folder + "/" + path))
    }
    try Self.attempt(folder + "/masks/" + path) {
      try Data(sample.mask.encodedPNG()).write(to: URL(fileURLWithPath: folder + "/masks/" + path))
    }
  }

  /// Makes a folder for each class that has pictures.
  private static func createFolders(
    for split: SceneParameters.Split, count: Int, in folder: String
  ) throws(DatasetError) {
    for top in ["\(folder)/\(split.rawValue)", "\(folder)/masks/\(split.rawValue)"] {
      for name in SceneGenerator.labels.prefix(count) {
        try attempt("\(top)/\(name)") {
          try FileManager.default.createDirectory(
            atPath: "\(top)/\(name)", withIntermediateDirectories: true)
        }
      }
    }
  }

  private static func attempt(_ path: String, _ body: () throws -> Void) throws(DatasetError) {
    do { try body() } catch let error as ImageError {
      throw .unwritable(path: path, reason: String(describing: error))
    } catch { throw .unwritable(path: path, reason: error.localizedDescription) }
  }
}

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

/// Draws pictures again with different backgrounds.
public protocol BackgroundSource: Sendable {
  /// The images of `dataset` that it knows.
  func indices(in dataset: Dataset) -> [Int]

  /// Draws the images of `dataset` again, at its size; and the class that each new background
  /// belongs to, `nil` for none.
  /// - Precondition: it knows all of them.
  func variant(_ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64) throws(DatasetError)
    -> (dataset: Dataset, backgrounds: [Int?])
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
    } catch let error as SceneError { throw .unreadable(path: file, reason: error.message) } catch {
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
  public func variant(_ variant: BackgroundVariant, of dataset: Dataset, seed: UInt64) -> (
    dataset: Dataset, backgrounds: [Int?]
  ) {
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
      height: size, labels: (0..<count).map { Int32(scene(at: $0).label) }, pixels: pixels,
      sourceNames: (0..<count).map { path(of: scene(at: $0)) })
  }
}
