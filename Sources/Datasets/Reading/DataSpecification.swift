// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import Scenes

/// Which images to train and test with, and how they are prepared.
public struct DataSpecification: Codable, Equatable, Sendable {
  /// A data set, as `Dataset.load` takes it.
  public var path: String?
  /// Synthetic scenes instead of a path.
  public var scenes: Scenes?
  /// Images are resized to this side.
  public var size: Int?
  /// The steps of a `Degradation`, such as `dull=0.5,noise=0.05`.
  public var degrade: String?
  /// This share of the images is used; all where it is not given.
  public var fraction: Double?
  /// The share of test images to hold out of a set that has no test part; 0.2 where not given.
  public var testFraction: Double?
  /// How many training and test images to draw from the training part.
  public var split: [Int]?
  /// The seed of splits and noise; 1 where it is not given.
  public var seed: UInt64?
  /// Whether training and test images may overlap; what the test part shows is then contaminated.
  public var allowsOverlap: Bool?

  /// How many synthetic scenes to draw, and how.
  public struct Scenes: Codable, Equatable, Sendable {
    /// Training scenes.
    public var training: Int
    /// Test scenes.
    public var test: Int
    /// ρ, see `SceneGenerator`; that of `SceneParameters` where it is not given.
    public var correlation: Float?
    /// ρ of the test scenes, where it differs.
    public var testCorrelation: Float?

    /// So many scenes, with the usual correlations.
    public init(training: Int, test: Int) { (self.training, self.test) = (training, test) }
  }

  /// All of the data set at `path`, as it is.
  public init(path: String? = nil) { self.path = path }

  /// Training and test images: degraded, and as they were.
  public struct Parts: Sendable {
    /// The training images, degraded if that was asked for.
    public var training: Dataset
    /// The test images, likewise.
    public var test: Dataset
    /// The training images before they were degraded; `nil` where they were not.
    public var cleanTraining: Dataset?
    /// The test images, likewise.
    public var cleanTest: Dataset?
    /// How many test images are training images, too, where that is allowed.
    public var overlapCount: Int
  }

  /// What happens while images are read.
  public enum Event: Equatable, Sendable {
    /// So many of the images are read.
    case reading(done: Int, total: Int)
    /// So many images are degraded next.
    case degrading(count: Int)
    /// Copies of images that were left out before a set was split.
    case leftOutCopies(Int)
    /// Test images that are training images, too.
    case overlap(Int, testCount: Int)
  }

  /// Reads, splits, reduces and degrades the images, in this order.
  /// - Parameter threads: one for each CPU where it is `nil`; the images do not depend on it.
  public func load(threads: Int? = nil, report: ((Event) -> Void)? = nil) throws(DatasetError)
    -> Parts
  {
    let seed = seed ?? 1
    var (training, test) = try original(threads, report)
    if test == nil || split != nil {
      let distinct = training.withoutDuplicates()
      if distinct.count < training.count {
        report?(.leftOutCopies(training.count - distinct.count))
      }
      if let split {
        guard split.count == 2 else {
          throw .impossibleSplit(name: training.name, wanted: split, available: distinct.count)
        }
        let parts = try distinct.split(counts: split, seed: seed)
        (training, test) = (parts[0], parts[1])
      } else {
        let parts = try distinct.split(fraction: testFraction ?? 0.2, seed: seed)
        (training, test) = (parts.first, parts.second)
      }
    }
    guard var test else { throw .missingPart(path: path ?? "scenes", part: .test) }
    let shared = try training.requireDisjoint(from: test, overlapIsAllowed: allowsOverlap ?? false)
    if !shared.isEmpty { report?(.overlap(shared.count, testCount: test.count)) }
    if let fraction, fraction < 1 {
      training = try training.fraction(fraction, seed: seed)
      test = try test.fraction(fraction, seed: seed)
    }
    guard let degrade else {
      return Parts(training: training, test: test, overlapCount: shared.count)
    }
    let degradation = try Degradation(parsing: degrade)
    report?(.degrading(count: training.count + test.count))
    return Parts(
      training: try training.degraded(by: degradation, seed: seed, threads: threads),
      test: try degradedTest(test, threads: threads), cleanTraining: training, cleanTest: test,
      overlapCount: shared.count)
  }

  /// Degrades pictures as the test images are degraded, if they are.
  public func degradedTest(_ pictures: Dataset, threads: Int? = nil) throws(DatasetError) -> Dataset
  {
    guard let degrade else { return pictures }
    return try pictures.degraded(
      by: try Degradation(parsing: degrade), seed: (seed ?? 1) &+ 1, threads: threads)
  }

  /// What the test images show, if they are scenes, drawn or in a folder of `SceneWriter`'s.
  package func sceneCatalog() throws(DatasetError) -> SceneCatalog? {
    if let scenes { return SceneCatalog(try scenes.generator(.test, size), count: scenes.test) }
    guard let path else { return nil }
    return try SceneCatalog(folder: path)
  }

  private func original(_ threads: Int?, _ report: ((Event) -> Void)?) throws(DatasetError) -> (
    Dataset, Dataset?
  ) {
    if let scenes {
      return (try scenes.draw(.train, size, threads), try scenes.draw(.test, size, threads))
    }
    return try Dataset.loadParts(
      path ?? "", size: size.map { (width: $0, height: $0) }, threads: threads
    ) { done, total in report?(.reading(done: done, total: total)) }
  }
}

extension DataSpecification.Scenes {
  fileprivate func draw(
    _ split: SceneParameters.Split, _ size: Int?, _ threads: Int?
  ) throws(DatasetError) -> Dataset {
    let generator = try generator(split, size)
    guard let pool = Parallel.pool(threads: threads) else {
      throw .outOfMemory(name: "scenes", byteCount: 0)
    }
    return generator.dataset(count: split == .train ? training : test, on: pool)
  }

  fileprivate func generator(_ split: SceneParameters.Split, _ size: Int?) throws(DatasetError)
    -> SceneGenerator
  {
    var parameters = SceneParameters(size: size ?? 32, split: split)
    if let correlation { parameters.correlation = correlation }
    if split == .test, let testCorrelation { parameters.correlation = testCorrelation }
    let count = split == .train ? training : test
    do throws(SceneError) {
      guard (1...10_000_000).contains(count) else { throw .countOutOfRange(count) }
      return try SceneGenerator(parameters)
    } catch { throw .unusableImage(image: "scenes", reason: error.message) }
  }
}

extension Dataset {
  /// Reads the data set at `path`, whatever its format: a folder per class, CIFAR-10 binary, STL-10
  /// binary or a packed file.
  /// - Parameters:
  ///   - size: What all images are resized to. Without one, all pictures in folders must be of one
  ///     size, and the other formats keep theirs.
  ///   - part: A set that does not come in parts can be read as `.all` only.
  ///   - threads: one for each CPU where it is `nil`.
  ///   - progress: Called on the calling thread.
  public static func load(
    _ path: String, size: (width: Int, height: Int)? = nil, part: DatasetPart = .all,
    threads: Int? = nil, progress: DatasetProgress? = nil
  ) throws(DatasetError) -> Dataset {
    let size = try size.map { size throws(DatasetError) in try checkedSize(size) }
    if Folders.isFile(path) {
      return try resized(PackedReader(path).read(part), to: size, threads: threads)
    }
    guard Folders.isFolder(path) else {
      throw .unreadable(path: path, reason: "no such file or folder")
    }
    if CIFAR10Reader.recognises(path) {
      return try resized(CIFAR10Reader(root: path).read(part), to: size, threads: threads)
    }
    if STL10Reader.recognises(path) {
      return try resized(STL10Reader(root: path).read(part), to: size, threads: threads)
    }
    guard try FolderReader.recognises(path) else { throw .unrecognised(path: path) }
    return try FolderReader(root: path, size: size, threads: threads, progress: progress).read(part)
  }

  /// Reads the training and the test part; in a set without parts all images are for training.
  public static func loadParts(
    _ path: String, size: (width: Int, height: Int)? = nil, threads: Int? = nil,
    progress: DatasetProgress? = nil
  ) throws(DatasetError) -> (train: Dataset, test: Dataset?) {
    func part(_ part: DatasetPart) throws(DatasetError) -> Dataset? {
      do throws(DatasetError) {
        return try load(path, size: size, part: part, threads: threads, progress: progress)
      } catch {
        guard case .missingPart = error else { throw error }
        return nil
      }
    }
    guard let train = try part(.train) else {
      return (try load(path, size: size, threads: threads, progress: progress), nil)
    }
    return (train, try part(.test))
  }

  private static func checkedSize(_ size: (width: Int, height: Int)) throws(DatasetError)
    -> DatasetError.Size
  {
    let checked = DatasetError.Size(width: size.width, height: size.height)
    guard (1...16_384).contains(size.width) && (1...16_384).contains(size.height) else {
      throw .invalidSize(checked)
    }
    return checked
  }
}

/// Which part of a data set to read.
public enum DatasetPart: String, Sendable, CaseIterable {
  /// What models are trained on.
  case train
  /// What they are tested on.
  case test
  /// All that there is; where a set has both parts, training images come first.
  case all
}

/// Called now and then while a data set is read, with the number of images done and of all images.
public typealias DatasetProgress = (_ done: Int, _ total: Int) -> Void
