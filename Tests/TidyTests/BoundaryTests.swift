// SPDX-License-Identifier: Apache-2.0
import Testing

/// What may stand where.
struct BoundaryTests {
  /// The targets that Package.swift compiles with the settings `boardClean`.
  private let boardClean: [String] = {
    let manifest = SourceFile.all.first { $0.path == "Package.swift" }
    let targets = (manifest?.lines ?? []).joined(separator: "\n").split(separator: ".target(")
    return targets.filter { $0.contains("swiftSettings: boardClean") }.compactMap { target in
      target.split(separator: "\"").dropFirst().first.map(String.init)
    }
  }()

  @Test func `board-clean targets import nothing that boards lack`() {
    #expect(boardClean.contains("Kernels") && boardClean.contains("Imaging"))
    let banned = ["Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Dispatch"]
    let offences = SourceFile.swift.filter { file in
      boardClean.contains { file.path.hasPrefix("Sources/\($0)/") }
    }.flatMap { file in
      file.offences { line in
        let words = line.split(separator: " ")
        return words.dropLast().last == "import" && banned.contains { words.last == $0[...] }
      }
    }
    #expect(offences == [])
  }

  @Test func `instruction sets are told apart in Kernels/Machine alone`() {
    let offences = SourceFile.swift.filter { !$0.path.hasPrefix("Sources/Kernels/Machine/") }
      .flatMap { file in
        file.offences {
          $0.contains("arch(") && ($0.contains("#if") || $0.contains("#elseif"))
            && !$0.contains("\"")
        }
      }
    #expect(offences == [])
  }

  @Test func `the first line names the licence`() {
    let offences = SourceFile.code.filter { file in
      // A manifest starts with the version of its tools, a script with its interpreter.
      !file.lines.prefix(file.lines.first?.contains("SPDX") == true ? 1 : 2).contains {
        $0.hasSuffix("SPDX-License-Identifier: Apache-2.0")
      } || file.lines.first?.hasPrefix("import") == true
    }
    #expect(offences.map(\.path) == [])
  }

  @Test func `file names say what is inside`() {
    let banned = ["Utils", "Util", "Helpers", "Helper", "Common", "Misc", "Types", "Extensions"]
    let offences = SourceFile.all.filter { file in
      banned.contains { file.stem.hasSuffix($0) } || file.path.contains(" ")
    }
    #expect(offences.map(\.path) == [])
  }

  @Test func `nothing is left for later`() {
    // Spelled in halves, so that this file is not among them.
    let marks = ["TO" + "DO", "FIX" + "ME"]
    let offences = SourceFile.all.flatMap { file in
      file.offences { line in marks.contains { line.contains($0) } }
    }
    #expect(offences == [])
  }
}
