// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The built command, run in a folder of its own.
final class Ocelli {
  struct Outcome {
    var code: Int32
    var output: String
    var errors: String

    /// Lines on standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  let folder: String

  private let launchesShared: Bool

  /// - Parameter launchesShared: this object makes what all others share.
  init(launchesShared: Bool = false) throws {
    self.launchesShared = launchesShared
    let url = FileManager.default.temporaryDirectory.appending(path: "ocelli-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// The command is built beside the bundle of the tests.
  static let path: String = {
    var arguments = CommandLine.arguments[...]
    // Some runners are told the bundle, others are the bundle.
    while let first = arguments.popFirst() {
      let path =
        first.hasPrefix("/") ? first : FileManager.default.currentDirectoryPath + "/" + first
      let command = URL(filePath: path).deletingLastPathComponent().appending(path: "ocelli")
      if path.contains("xctest"), FileManager.default.isExecutableFile(atPath: command.path) {
        return command.path
      }
    }
    return "ocelli-was-not-found"
  }()

  /// Whether tools/sanitize.sh runs the tests.
  static let isSanitized = ProcessInfo.processInfo.environment["TSAN_OPTIONS"] != nil

  /// Runs `ocelli` with these arguments to its end.
  func callAsFunction(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome {
    try launch(Self.path, arguments).wait()
  }

  /// Runs a line of the shell, in which `$OCELLI` is the command and
  /// `$SHARED` the folder of `Shared`.
  func shell(_ line: String) throws -> Outcome { try launch("/bin/sh", ["-c", line]).wait() }

  /// Starts `ocelli` and does not wait.
  func start(_ arguments: [String]) throws -> Running { try launch(Self.path, arguments) }

  private func launch(_ path: String, _ arguments: [String]) throws -> Running {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OCELLI": Self.path, "SHARED": launchesShared ? "" : Shared.folder]) { $1 }
    return try Running(process, folder: folder)
  }

  /// A run that goes on; what it prints goes to files, so that no pipe fills up.
  final class Running {
    let process: Process
    private let outputPath: String
    private let errorPath: String
    private let files: [FileHandle]

    init(_ process: Process, folder: String) throws {
      self.process = process
      let stem = FileManager.default.temporaryDirectory.appending(path: "ocelli-\(UUID())").path
      (outputPath, errorPath) = (stem + ".out", stem + ".err")
      files = try [outputPath, errorPath].map { path in
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(filePath: path))
      }
      process.standardOutput = files[0]
      process.standardError = files[1]
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }

    /// Waits until the output has `text`, or the process ends.
    func waitForOutput(_ text: String) {
      while process.isRunning && !output.contains(text) { usleep(2000) }
    }

    /// Waits for the end; what takes more than a minute hangs and is killed.
    func wait() throws -> Outcome {
      let limit = Date(timeIntervalSinceNow: 60)
      while process.isRunning && limit.timeIntervalSinceNow > 0 { usleep(1000) }
      if process.isRunning {
        Issue.record("hangs: \(process.arguments ?? [])")
        kill(process.processIdentifier, SIGKILL)
      }
      process.waitUntilExit()
      let errors = try String(contentsOfFile: errorPath, encoding: .utf8)
      let outcome = Outcome(
        code: process.terminationReason == .exit
          ? process.terminationStatus : -process.terminationStatus,
        output: output, errors: errors)
      for path in [outputPath, errorPath] { try? FileManager.default.removeItem(atPath: path) }
      return outcome
    }
  }
}

// MARK: - Files

extension Ocelli {
  func path(_ name: String) -> String { folder + "/" + name }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    let url = URL(filePath: path(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

  /// Every file below the folder with its bytes, and every folder.
  func snapshot() throws -> [String: Data] {
    let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    return Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, FileManager.default.contents(atPath: path(name)) ?? Data("folder".utf8))
      })
  }

  /// Expects a failure that is told in one line which contains `texts`, and no change of any file.
  func expectError(
    _ line: String, _ texts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try snapshot()
    let outcome = try shell("$OCELLI \(line)")
    let comment: Comment = "\(line): \(outcome)"
    #expect(outcome.code == 1, comment, sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, comment, sourceLocation: sourceLocation)
    #expect(
      outcome.errors.hasPrefix("ocelli: error: ") && outcome.errors.hasSuffix("\n"), comment,
      sourceLocation: sourceLocation)
    for text in texts {
      #expect(outcome.errors.contains(text), comment, sourceLocation: sourceLocation)
    }
    #expect(!outcome.errors.contains("Error("), comment, sourceLocation: sourceLocation)
    #expect(try snapshot() == before, comment, sourceLocation: sourceLocation)
  }

  /// Expects to be told how the command is used.
  func expectUsage(
    _ line: String, _ text: String = "Error: ",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try snapshot()
    let outcome = try shell("$OCELLI \(line)")
    let comment: Comment = "\(line): \(outcome)"
    #expect(outcome.code == 64, comment, sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("Error: "), comment, sourceLocation: sourceLocation)
    #expect(outcome.errors.contains(text), comment, sourceLocation: sourceLocation)
    #expect(outcome.errors.contains("Usage: ocelli"), comment, sourceLocation: sourceLocation)
    #expect(try snapshot() == before, comment, sourceLocation: sourceLocation)
  }
}
