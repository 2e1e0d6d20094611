// SPDX-License-Identifier: Apache-2.0
import Foundation

extension Dataset {
  /// Reads the data set at `path`, whatever its format: a folder per class, CIFAR-10 binary, STL-10
  /// binary or a packed file.
  ///
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

  private static func checkedSize(
    _ size: (width: Int, height: Int)
  ) throws(DatasetError) -> DatasetError.Size {
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
