// SPDX-License-Identifier: Apache-2.0
import Testing

struct DocumentTests {
  @Test func `a document has one title, in its first heading`() {
    let documents = SourceFile.all.filter { $0.fileExtension == "md" }
    let offences = documents.filter { document in
      let headings = Self.headings(of: document)
      return headings.filter { $0.hasPrefix("# ") }.count != 1 || !headings[0].hasPrefix("# ")
    }
    #expect(offences.map(\.path) == [])
    #expect(!documents.isEmpty)
  }

  @Test func `links between documents lead somewhere`() {
    let paths = Set(SourceFile.all.map(\.path))
    let offences = SourceFile.all.filter { $0.fileExtension == "md" && !$0.path.contains("/") }
      .flatMap { document in
        document.lines.flatMap { $0.matches(of: /\]\((?<target>[\w\/.-]+\.md)/) }
          .map { String($0.output.target) }.filter { !paths.contains($0) }
          .map { "\(document.path): \($0)" }
      }
    #expect(offences == [])
  }

  @Test func `public declarations have a comment`() {
    let sources = SourceFile.swift.filter { $0.path.hasPrefix("Sources/") }
    #expect(sources.flatMap(Self.uncommented) == [])
  }

  @Test func `a public declaration without a comment is told`() {
    let file = SourceFile(
      "File.swift",
      text: """
        public import Foundation
        public extension Int {
          /// Says something.
          @inline(__always) public var a: Int
          @available(*, deprecated)
          @inlinable public func b()
          package var c: Int
          // Says nothing to readers of the library.
          public private(set) var d: Int
        """)
    #expect(Self.uncommented(file).count == 2)
  }

  /// The public declarations of a file without a comment for readers of the library.
  private static func uncommented(_ file: SourceFile) -> [String] {
    file.lines.indices.filter { index in
      guard file.lines[index].contains(/^\s*(@\w+(\(.*\))? )*public (?!import|extension)/) else {
        return false
      }
      let attributes = /^\s*(@\w+(\([^)]*\))?\s*)+$/
      let above = file.lines[..<index].last { !$0.contains(attributes) }
      return above?.contains(/^\s*\/\/\//) != true
    }.map { "\(file.path):\($0 + 1): \(file.lines[$0])" }
  }

  /// Headings, without the comments of shell code that look like them.
  private static func headings(of document: SourceFile) -> [Substring] {
    var isCode = false
    return document.lines.filter { line in
      if line.hasPrefix("```") { isCode.toggle() }
      return !isCode && line.hasPrefix("#")
    }
  }
}
