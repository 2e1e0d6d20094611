// SPDX-License-Identifier: Apache-2.0
import Testing

/// The size of things, so that each can be read in one go.
struct ShapeTests {
  /// Files that may be longer, with the reason.
  private let longFiles: [String: String] = [:]

  @Test func `the repository is found`() {
    #expect(SourceFile.swift.count > 50)
    #expect(SourceFile.code.contains { $0.path == "Package.swift" })
  }

  @Test func `files have at most 400 lines`() {
    let long = SourceFile.code.filter { $0.lines.count > 401 && longFiles[$0.path] == nil }
    #expect(long.map { "\($0.path): \($0.lines.count - 1) lines" } == [])
    for path in longFiles.keys {
      #expect(SourceFile.code.contains { $0.path == path && $0.lines.count > 401 }, "\(path)")
    }
  }

  @Test func `lines have at most 100 columns`() {
    // Comments are wrapped by `make format` and checked by `make lint`.
    let long = SourceFile.code.filter { !$0.isScript }.flatMap { file in
      file.offences { line in
        line.count > 100 && !line.drop { $0 == " " }.hasPrefix("//")
      }
    }
    #expect(long == [])
  }

  @Test func `functions have at most 60 lines`() {
    let long = SourceFile.code.flatMap(Self.functions).filter { $0.lineCount > 60 }
    #expect(long.map { "\($0.place): \($0.lineCount) lines" } == [])
  }

  @Test func `functions are seen`() {
    let functions = SourceFile.swift.flatMap(Self.functions)
    #expect(functions.count > 300)
    #expect(functions.contains { $0.place.contains("ShapeTests.swift") && $0.lineCount > 5 })
    #expect(SourceFile.all.filter(\.isC).flatMap(Self.functions).count > 5)
  }

  struct Function {
    let place: String
    let lineCount: Int
  }

  /// Formatted code closes a function at the indentation of its first line: no parser is needed.
  private static func functions(of file: SourceFile) -> [Function] {
    file.lines.indices.compactMap { first in
      let line = file.lines[first]
      guard startsFunction(line, in: file), let opening = bodyOpening(file.lines, from: first),
        file.lines[opening].hasSuffix("{")
      else { return nil }
      let closing = line.prefix { $0 == " " } + "}"
      let rest = file.lines[opening...]
      guard let last = rest.firstIndex(where: { $0 == closing }) else { return nil }
      return Function(place: "\(file.path):\(first + 1)", lineCount: last - first + 1)
    }
  }

  private static func startsFunction(_ line: Substring, in file: SourceFile) -> Bool {
    if file.isC { return line.first?.isLetter == true && line.contains("(") }
    let words = line.prefix { $0 != "(" && $0 != "{" && $0 != "`" && $0 != "<" && $0 != "/" }
    let isDeclaration = words.split(separator: " ").contains { word in
      ["func", "init", "init?", "deinit", "subscript"].contains(word)
    }
    return file.isSwift && isDeclaration && !line.contains("self.init")
  }

  /// The line that opens the body: the first that ends in a brace and belongs to the declaration.
  private static func bodyOpening(_ lines: [Substring], from first: Int) -> Int? {
    for index in first..<min(first + 16, lines.count) {
      if lines[index].hasSuffix("{") || lines[index].hasSuffix("}") { return index }
      if lines[index].isEmpty || lines[index].hasSuffix(";") { return nil }
    }
    return nil
  }
}
