// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Imaging

/// Reads `root/CLASS/PICTURE` or `root/{train,test}/CLASS/PICTURE`.
///
/// Classes are the folders' names in byte order. Where there are `train` and `test`, the classes
/// are those of `train`, so that labels mean the same in both.
struct FolderReader {
  let root: String
  /// What all pictures are resized to; `nil` when they are of one size already.
  let size: DatasetError.Size?
  let threads: Int?
  let progress: DatasetProgress?

  /// Files that other systems leave in folders of pictures.
  private static let systemFiles: Set<String> = ["Thumbs.db", "desktop.ini"]

  /// Whether a folder looks like one: it holds folders.
  static func recognises(_ root: String) throws(DatasetError) -> Bool {
    try Folders.entries(of: root).contains { Folders.isFolder(root + "/" + $0) }
  }

  func read(_ part: DatasetPart) throws(DatasetError) -> Dataset {
    let train = root + "/train"
    let test = root + "/test"
    let name = URL(fileURLWithPath: root).lastPathComponent
    guard Folders.isFolder(train) else {
      guard part == .all else { throw .missingPart(path: root, part: part) }
      return try pictures(of: Self.classNames(in: root), in: root).decoded(named: name)
    }
    let classNames = try Self.classNames(in: train)
    var list = PictureList(classNames: classNames, size: size, threads: threads, progress: progress)
    if part != .test { list = try pictures(of: classNames, in: train) }
    if part != .train && Folders.isFolder(test) {
      for className in try Self.classNames(in: test) where !classNames.contains(className) {
        throw .unknownClass(path: test + "/" + className, knownIn: train)
      }
      list.append(try pictures(of: classNames, in: test, mayLackClasses: true))
    } else if part == .test {
      throw .missingPart(path: root, part: part)
    }
    return try list.decoded(named: part == .all ? name : name + "/" + part.rawValue)
  }

  private static func classNames(in folder: String) throws(DatasetError) -> [String] {
    let names = try Folders.entries(of: folder).filter { Folders.isFolder(folder + "/" + $0) }
    guard !names.isEmpty else { throw .noClasses(path: folder) }
    return names
  }

  private func pictures(
    of classNames: [String], in folder: String, mayLackClasses: Bool = false
  ) throws(DatasetError) -> PictureList {
    var list = PictureList(classNames: classNames, size: size, threads: threads, progress: progress)
    for (label, className) in classNames.enumerated() {
      let classFolder = folder + "/" + className
      if mayLackClasses && !Folders.isFolder(classFolder) { continue }
      let entries = try Folders.entries(of: classFolder).filter { !Self.systemFiles.contains($0) }
      guard !entries.isEmpty else { throw .emptyClass(path: classFolder) }
      for entry in entries {
        let path = classFolder + "/" + entry
        guard !Folders.isFolder(path) else { throw .nestedFolder(path: path) }
        guard ImageFormat.isPictureName(entry) else { throw .unsupportedPicture(path: path) }
        list.append(path: path, label: Int32(label))
      }
    }
    return list
  }
}

/// Queries of the file system, with typed errors.
enum Folders {
  /// Whether `path` is a folder.
  static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// Whether `path` is a file and not a folder.
  static func isFile(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && !isDirectory.boolValue
  }

  /// The names in a folder, hidden ones left out, in the order of their bytes: the same on every
  /// machine.
  static func entries(of path: String) throws(DatasetError) -> [String] {
    guard let all = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw .unreadable(path: path, reason: "the folder does not exist or may not be listed")
    }
    let names = all.filter { !$0.hasPrefix(".") }
    // A file of this name cannot be opened.
    if let name = names.first(where: { $0.contains("\u{FFFD}") }) {
      throw .unreadable(path: path + "/" + name, reason: "its name is not UTF-8: rename it")
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The lines of a small text file, blanks around them and empty lines left out.
  static func lines(of path: String) throws(DatasetError) -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .unreadable(path: path, reason: "the file does not exist or may not be read")
    }
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }.filter { !$0.isEmpty }
  }

  /// The names in a list of classes, as many as `standard`, which is taken where there is no list.
  static func classNames(_ path: String, standard: [String]) throws(DatasetError) -> [String] {
    guard isFile(path) else { return standard }
    let names = try lines(of: path)
    guard names.count == standard.count else {
      throw .wrongClassNames(path: path, count: names.count, expected: standard.count)
    }
    return names
  }
}

/// Picture files with their labels, to be decoded into one block of pixels.
struct PictureList {
  let classNames: [String]
  let size: DatasetError.Size?
  let threads: Int?
  let progress: DatasetProgress?
  private(set) var paths: [String] = []
  private(set) var labels: [Int32] = []

  /// Pictures decoded between two calls of `progress`.
  private static let chunkCount = 256

  init(classNames: [String], size: DatasetError.Size?, threads: Int?, progress: DatasetProgress?) {
    (self.classNames, self.size, self.threads) = (classNames, size, threads)
    self.progress = progress
  }

  mutating func append(path: String, label: Int32) {
    paths.append(path)
    labels.append(label)
  }

  mutating func append(_ other: PictureList) {
    paths += other.paths
    labels += other.labels
  }

  /// Decodes all pictures. Of several bad ones, the first is reported.
  func decoded(named name: String) throws(DatasetError) -> Dataset {
    guard let firstPath = paths.first else { throw .noImages(name: name) }
    let target: DatasetError.Size
    if let size {
      target = size
    } else {
      let first = try Self.decode(firstPath)
      target = DatasetError.Size(width: first.width, height: first.height)
    }
    let total = try PixelCache.byteCount(ofImages: paths.count, size: target, name: name)
    let pixels = try PixelCache.read(byteCount: total, name: name) { bytes throws(DatasetError) in
      try decode(to: bytes, size: target)
    }
    return Dataset(
      name: name, classNames: classNames, width: target.width, height: target.height,
      labels: labels, pixels: pixels, sourceNames: paths)
  }

  private func decode(
    to bytes: UnsafeMutableBufferPointer<UInt8>, size target: DatasetError.Size
  ) throws(DatasetError) {
    for start in stride(from: 0, to: paths.count, by: Self.chunkCount) {
      let chunk = start..<min(paths.count, start + Self.chunkCount)
      var failures = [DatasetError?](repeating: nil, count: chunk.count)
      failures.withUnsafeMutableBufferPointer { failures in
        Parallel.forEach(chunk.count, threads: threads) { item in
          failures[item] = self.decode(start + item, to: bytes, size: target)
        }
      }
      if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
      progress?(chunk.upperBound, paths.count)
    }
  }

  /// The picture in a file.
  private static func decode(_ path: String) throws(DatasetError) -> Image {
    do throws(ImageError) { return try Image(contentsOfFile: path) } catch {
      throw .undecodablePicture(path: path, reason: error.description)
    }
  }

  private func decode(
    _ index: Int, to bytes: UnsafeMutableBufferPointer<UInt8>, size target: DatasetError.Size
  ) -> DatasetError? {
    do throws(DatasetError) {
      var image = try Self.decode(paths[index])
      if image.width != target.width || image.height != target.height {
        guard size != nil else {
          return .mixedSizes(
            path: paths[index], size: .init(width: image.width, height: image.height),
            firstPath: paths[0], firstSize: target)
        }
        image = image.resized(width: target.width, height: target.height)
      }
      bytes.store(image.pixels, at: index)
      return nil
    } catch { return error }
  }
}

/// Masks of the objects in pictures, in a folder of the same structure: the mask of
/// `data/test/bird/7.jpg` is `masks/test/bird/7.png`, or `masks/bird/7.png`.
package struct PictureMasks: Sendable {
  package let folder: String

  package init(_ folder: String) { self.folder = folder }

  /// The mask of the picture at `source`, resized, at least 128 where the object is; `nil` where
  /// there is none.
  package func mask(of source: String, width: Int, height: Int) throws(DatasetError) -> Mask? {
    let parts = source.split(separator: "/").map(String.init)
    for count in stride(from: min(3, parts.count), through: 1, by: -1) {
      let stem = ([folder] + parts.suffix(count)).joined(separator: "/")
      let path = URL(fileURLWithPath: stem).deletingPathExtension().path + ".png"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      do throws(ImageError) {
        let image = try Image(contentsOfFile: path)
        guard image.width != width || image.height != height else { return image.luma }
        return image.resized(width: width, height: height).luma
      } catch { throw .undecodablePicture(path: path, reason: error.description) }
    }
    return nil
  }
}
