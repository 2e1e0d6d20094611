// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What readers ask the file system, with typed errors.
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
    // Such a name leads nowhere: the file would be missed.
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
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}
