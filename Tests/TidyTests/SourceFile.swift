// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A text file of this repository.
struct SourceFile: Sendable {
  /// From the root of the repository.
  let path: String
  let lines: [Substring]

  var name: String { String(path.split(separator: "/").last ?? "") }
  var stem: String { String(name.prefix { $0 != "." }) }
  var fileExtension: String {
    name.contains(".") ? String(name.split(separator: ".").last ?? "") : ""
  }
  var isSwift: Bool { fileExtension == "swift" }
  var isC: Bool { ["c", "h"].contains(fileExtension) }
  var isScript: Bool { ["py", "sh"].contains(fileExtension) }
  var isCode: Bool { isSwift || isC || isScript }

  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// All that people write, and nothing that tools make.
  static let all: [SourceFile] = {
    let places = ["Sources", "Tests", "tools", "docs", "weights", "Examples"]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    let paths =
      names
      + places.flatMap { place in
        (FileManager.default.enumerator(atPath: root.appending(path: place).path)?.allObjects ?? [])
          .compactMap { $0 as? String }.map { place + "/" + $0 }
      }
    return paths.sorted().compactMap(SourceFile.init)
  }()

  static let code = all.filter(\.isCode)
  static let swift = all.filter(\.isSwift)

  private init?(_ path: String) {
    let isText = ["swift", "c", "h", "py", "sh", "md"].contains {
      path.hasSuffix(".\($0)")
    }
    guard isText,
      let text = try? String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    else { return nil }
    self.init(path, text: text)
  }

  /// A file that is not there, for tests of tests.
  init(_ path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// `path:line` of every line that `predicate` holds for, and what it says.
  func offences(_ predicate: (Substring) -> Bool) -> [String] {
    lines.indices.filter { predicate(lines[$0]) }.map { "\(path):\($0 + 1): \(lines[$0])" }
  }
}
