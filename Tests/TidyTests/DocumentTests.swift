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

  /// Headings, without the comments of shell code that look like them.
  private static func headings(of document: SourceFile) -> [Substring] {
    var isCode = false
    return document.lines.filter { line in
      if line.hasPrefix("```") { isCode.toggle() }
      return !isCode && line.hasPrefix("#")
    }
  }
}
