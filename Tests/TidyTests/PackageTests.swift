// SPDX-License-Identifier: Apache-2.0
import Testing

/// What the targets of Package.swift may import, and how large they are.
struct PackageTests {
  /// A target as Package.swift declares it.
  struct Target: Equatable {
    let name: String
    let dependencies: [String]
    let isBoardClean: Bool
  }

  /// The targets that a manifest declares, in its order.
  static func targets(in manifest: SourceFile) -> [Target] {
    let text = manifest.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }
      .joined(separator: "\n")
    let call = /\.(target|executableTarget|testTarget|systemLibrary)\(\s*name: "(?<name>\w+)"/
    let calls = text.matches(of: call)
    return calls.indices.map { index in
      let end = index + 1 < calls.count ? calls[index + 1].range.lowerBound : text.endIndex
      let declaration = text[calls[index].range.upperBound..<end]
      let list = declaration.firstMatch(of: /dependencies: \[(?<names>[^\]]*)\]/)
      return Target(
        name: String(calls[index].name),
        dependencies: (list?.names ?? "").matches(of: /"(?<name>\w+)"/).map { String($0.name) },
        isBoardClean: declaration.contains("swiftSettings: boardClean"))
    }
  }

  private let targets = SourceFile.all.filter { $0.path == "Package.swift" }
    .flatMap(Self.targets)

  /// The imports of a file that its target's dependencies do not allow. Modules that are no target
  /// come with Swift or with a package.
  static func offences(in file: SourceFile, targets: [Target]) -> [String] {
    let folders = file.path.split(separator: "/")
    guard file.isSwift, folders.count > 2, ["Sources", "Tests"].contains(folders[0]) else {
      return []
    }
    // `ocelli-board` is built by a script, from board-clean targets.
    let allowed =
      targets.first { $0.name == folders[1] }?.dependencies
      ?? targets.filter(\.isBoardClean).map(\.name) + ["CPlatform", "CImageCodecs", "CIntrinsics"]
    return file.offences { line in
      let statement =
        /^\s*(@\w+ )*(\w+ )?import ((struct|class|enum|protocol|func|var) )?(?<name>\w+)/
      guard let name = (line.firstMatch(of: statement)?.name).map(String.init) else { return false }
      return targets.contains { $0.name == name } && !allowed.contains(name)
    }
  }

  @Test func `targets import their dependencies alone`() {
    #expect(targets.contains { $0.name == "Kernels" && $0.dependencies.contains("CIntrinsics") })
    let files = SourceFile.swift.filter { !$0.path.hasPrefix("Tests/Fuzzing/") }
    #expect(files.flatMap { Self.offences(in: $0, targets: targets) } == [])
  }

  @Test func `targets depend on targets above them in Package.swift alone`() {
    #expect(Self.reversed(targets) == [])
  }

  /// Dependencies that a manifest declares below the target that has them.
  static func reversed(_ targets: [Target]) -> [String] {
    targets.indices.flatMap { index in
      targets[(index + 1)...].filter { targets[index].dependencies.contains($0.name) }
        .map { "\(targets[index].name) depends on \($0.name)" }
    }
  }

  @Test func `no target but Kernels has more than 60 files`() {
    #expect(Self.large(SourceFile.code, limit: 60).filter { $0 != "Kernels" } == [])
  }

  /// The targets of more files than `limit`.
  static func large(_ files: [SourceFile], limit: Int) -> [String] {
    let names = files.filter { $0.path.hasPrefix("Sources/") }.map {
      String($0.path.split(separator: "/")[1])
    }
    return Set(names).filter { name in names.count { $0 == name } > limit }.sorted()
  }

  @Test func `a wrong package is told`() {
    let manifest = SourceFile(
      "Package.swift",
      text: """
        .target(name: "Low", dependencies: ["High"], swiftSettings: boardClean),
        // .target(name: "Old"),
        .target(
          name: "High", dependencies: [
            "Low", .product(name: "Parser", package: "parser"),
          ])
        """)
    let targets = Self.targets(in: manifest)
    #expect(
      targets.map(\.name) == ["Low", "High"] && targets.map(\.isBoardClean) == [true, false])
    #expect(targets.last?.dependencies == ["Low", "Parser", "parser"])
    #expect(Self.reversed(targets) == ["Low depends on High"])
    let text = "import Foundation\n@testable public import High\nimport struct Low.Thing"
    func offences(_ path: String) -> Int {
      Self.offences(in: SourceFile(path, text: text), targets: targets).count
    }
    #expect(offences("Sources/Low/File.swift") == 1 && offences("Sources/High/File.swift") == 1)
    #expect(offences("Sources/BoardCommand/File.swift") == 1)
    #expect(Self.large([SourceFile("Sources/Low/File.swift", text: "")], limit: 0) == ["Low"])
  }
}
