// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging

/// Reads `root/CLASS/PICTURE` or `root/{train,test}/CLASS/PICTURE`.
///
/// Classes are the folders' names in byte order. Where there are `train` and `test`, the classes
/// are those of `train`, so that labels mean the same in both.
struct FolderReader {
  let root: String
  /// What all pictures are resized to; `nil` when they are of one size already.
  let size: DatasetError.Size?
  let progress: DatasetProgress?

  /// What other systems leave behind in folders of pictures.
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
    var list = PictureList(classNames: classNames, size: size, progress: progress)
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
    var list = PictureList(classNames: classNames, size: size, progress: progress)
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
