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

  /// Where C asks which instructions there are, and why.
  private let instructionSets: [String: String] = [
    "Sources/CIntrinsics/CIntrinsics.c": "compares the CPU with what the build uses",
    "Sources/CIntrinsics/DepthwiseTiles.c": "NEON's instructions, and portable loops",
    "Sources/CIntrinsics/Outputs.h": "NEON's instructions, and portable loops",
    "Sources/CIntrinsics/ReductionTiles.c": "NEON's instructions, and portable loops",
    "Sources/CIntrinsics/WinogradTiles.c": "NEON's instructions, and portable loops",
    "Sources/CIntrinsics/include/CIntrinsics.h": "the width and the number of registers",
    "Sources/CIntrinsics/include/IntegerIntrinsics.h": "an instruction, and its portable body",
    "Sources/CIntrinsics/include/IntegerTiles.h": "whether registers are narrow",
    "Sources/CPlatform/ThreadPool.c": "the instruction for a loop that waits",
  ]

  /// The lines of a file that ask which instructions there are.
  private static func instructionSetTests(in file: SourceFile) -> [String] {
    let marks = [
      "__x86_64__", "__i386__", "__aarch64__", "__arm__", "__ARM_", "__riscv", "__AVX", "__SSE",
      "__FMA__", "OCELLI_NARROW",
    ]
    return file.offences { line in
      guard let directive = line.firstMatch(of: /^\s*#\s*(if|ifdef|ifndef|elseif|elif)\b/) else {
        // A condition may go on in the next line.
        return file.isC && line.contains("defined(") && marks.contains { line.contains($0) }
      }
      let condition = line[directive.range.upperBound...]
      return file.isC ? marks.contains { condition.contains($0) } : condition.contains("arch(")
    }
  }

  @Test func `instruction sets are told apart in Kernels/Machine and a few files of C`() {
    let files = SourceFile.all.filter {
      ($0.isSwift || $0.isC) && !$0.path.hasPrefix("Sources/Kernels/Machine/")
    }
    let asking = files.filter { !Self.instructionSetTests(in: $0).isEmpty }.map(\.path)
    #expect(asking == instructionSets.keys.sorted())
  }

  @Test func `a question for instructions is told`() {
    for (path, text) in [
      ("File.swift", "  #elseif os(Linux) && arch(arm64)"), ("File.c", "#if defined(__AVX2__)"),
      ("File.h", "#ifdef __ARM_NEON"), ("File.c", "  # elif X || \\\n  defined(__riscv)"),
    ] {
      let file = SourceFile(path, text: text)
      #expect(Self.instructionSetTests(in: file).count == 1, "\(text)")
    }
    #expect(Self.instructionSetTests(in: SourceFile("File.c", text: "#if WIDTH == 4")) == [])
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
