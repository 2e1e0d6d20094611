// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Runs that end before their end: nothing is lost, and they go on to the same bytes.
struct InterruptionTests {
  private let ocelli: Ocelli
  private let files = ["last.safetensors", "best.safetensors", "metrics.jsonl"]

  init() throws { ocelli = try Ocelli() }

  private func arguments(_ folder: String, epochs: Int = 30) -> [String] {
    [
      "train", "classifier", "--data", Shared.folder + "/scenes", "--epochs", "\(epochs)",
      "--width", "0.25", "--batch", "8", "--cutout", "4", "--output", folder, "--resume",
    ]
  }

  /// A run that `signal` ends in its second epoch or later, but before its end.
  private func interrupted(
    _ folder: String, by signal: Int32, options: [String] = []
  ) throws -> Ocelli.Outcome {
    var outcome = Ocelli.Outcome(code: 0, output: "", errors: "")
    for _ in 0..<10 where outcome.code == 0 {
      // A run that was faster than the signal does not count.
      try? FileManager.default.removeItem(atPath: ocelli.path(folder))
      let running = try ocelli.start(arguments(folder) + options)
      running.waitForOutput("epoch 2 of")
      kill(running.process.processIdentifier, signal)
      outcome = try running.wait()
    }
    return outcome
  }

  private func expectSameBytes(_ folder: String, _ other: String) throws {
    for file in files {
      #expect(try ocelli.bytes("\(folder)/\(file)") == ocelli.bytes("\(other)/\(file)"), "\(file)")
    }
  }

  @Test func `a run that is asked to stop goes on to the same bytes`() throws {
    let whole = try ocelli.run(arguments("whole"))
    #expect(whole.code == 0, "\(whole)")
    for signal in [SIGINT, SIGTERM] {
      let folder = "stopped\(signal)"
      let stopped = try interrupted(folder, by: signal)
      #expect(stopped.code == 1, "\(stopped)")
      let line = try #require(stopped.errorLines.first, "\(stopped)")
      #expect(line.hasPrefix("ocelli: stopped after step "), "\(line)")
      #expect(line.hasSuffix("; go on with --resume"), "\(line)")
      #expect(stopped.errorLines.count == 1, "\(stopped)")
      let resumed = try ocelli.run(arguments(folder))
      #expect(resumed.code == 0, "\(resumed)")
      try expectSameBytes("whole", folder)
    }
  }

  @Test func `both phases of an enhancer go on to the same bytes`() throws {
    func line(_ folder: String) -> [String] {
      [
        "train", "enhancer", "--data", Shared.folder + "/scenes", "--epochs", "8", "--width", "2",
        "--depth", "1", "--batch", "8", "--classifier",
        Shared.folder + "/classifier/best.safetensors", "--output", folder, "--resume",
      ]
    }
    #expect(try ocelli.run(line("whole")).code == 0)
    for moment in ["reconstruct epoch 2 of", "enhance epoch 2 of"] {
      let running = try ocelli.start(line("stopped"))
      running.waitForOutput(moment)
      kill(running.process.processIdentifier, SIGTERM)
      // Where the signal came too late, the run has ended well.
      let outcome = try running.wait()
      #expect(outcome.code == 0 || outcome.errors.hasPrefix("ocelli: stopped"), "\(outcome)")
    }
    #expect(try ocelli.run(line("stopped")).code == 0)
    for phase in ["reconstruct", "enhance"] {
      try expectSameBytes("whole/\(phase)", "stopped/\(phase)")
    }
  }

  @Test func `a run that diverges says where and keeps its last checkpoint`() throws {
    let options = ["--optimizer", "sgd", "--learning-rate", "1000", "--schedule", "constant"]
    let outcome = try ocelli.run(arguments("run", epochs: 200) + options)
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
    #expect(outcome.errors.hasPrefix("ocelli: error: training has diverged"), "\(outcome)")
    if FileManager.default.fileExists(atPath: ocelli.path("run/last.safetensors")) {
      #expect(try ocelli("model", "info", "run/last.safetensors").code == 0)
    }
  }

  @Test func `a killed run leaves whole files, and the next one clears what it was writing`() throws
  {
    #expect(try ocelli.run(arguments("whole")).code == 0)
    let killed = try interrupted("killed", by: SIGKILL, options: ["--save-interval", "0"])
    #expect(killed.code == -SIGKILL)
    try ocelli.write([1, 2, 3], to: "killed/last.safetensors.7-0.tmp")
    try ocelli.write([1, 2, 3], to: "killed/best.safetensors.7-0.tmp")
    try ocelli.write([1, 2, 3], to: "killed/last.safetensors.backup")
    try ocelli.write([1, 2, 3], to: "killed/best.safetensors.2")
    let resumed = try ocelli.run(arguments("killed"))
    #expect(resumed.code == 0, "\(resumed)")
    try expectSameBytes("whole", "killed")
    let names = Set(try ocelli.snapshot().keys)
    #expect(!names.contains { $0.hasSuffix(".tmp") })
    // These two are somebody's own.
    #expect(names.contains("killed/best.safetensors.2"))
    #expect(names.contains("killed/last.safetensors.backup"))
  }

  @Test func `a second run stays out of a folder in use`() throws {
    let running = try ocelli.start(arguments("run", epochs: 100_000))
    running.waitForOutput("epoch 1")
    let second = try ocelli.run(arguments("run", epochs: 100_000))
    #expect(second.code == 1 && second.errors.contains("run: another run is writing"), "\(second)")
    kill(running.process.processIdentifier, SIGTERM)
    #expect(try running.wait().errors.contains("stopped after step"))
  }

  @Test func `a closed pipe ends a run quietly, and it goes on`() throws {
    #expect(try ocelli.run(arguments("whole")).code == 0)
    let line = arguments("piped").joined(separator: " ")
    let outcome = try ocelli.shell("$OCELLI \(line) | head -1")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    #expect(outcome.output.contains("parameters to train"), "\(outcome)")
    #expect(try ocelli.run(arguments("piped")).code == 0)
    try expectSameBytes("whole", "piped")
  }

  @Test func `a full disk keeps the last checkpoint, and the run goes on from it`() throws {
    #expect(try ocelli.run(arguments("whole")).code == 0)
    _ = try interrupted("full", by: SIGINT)
    let before = try ocelli.bytes("full/last.safetensors")
    let line = arguments("full").joined(separator: " ")
    // In blocks of 512 bytes: less than a checkpoint takes.
    for blocks in [1, 20, 60] {
      let outcome = try ocelli.shell("ulimit -f \(blocks); $OCELLI \(line)")
      #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(blocks): \(outcome)")
      #expect(outcome.errors.hasPrefix("ocelli: error: full/"), "\(blocks): \(outcome)")
      #expect(outcome.errors.contains("File too large"), "\(blocks): \(outcome)")
      #expect(try ocelli.bytes("full/last.safetensors") == before, "\(blocks)")
      #expect(!(try ocelli.snapshot().keys.contains { $0.contains("safetensors.") }))
    }
    #expect(try ocelli.run(arguments("full")).code == 0)
    try expectSameBytes("whole", "full")
  }

  @Test func `a log that cannot be written is named`() throws {
    for name in ["metrics.jsonl", "events.out.tfevents.ocelli"] {
      let line = arguments(name).joined(separator: " ")
      let outcome = try ocelli.shell(
        "mkdir \(name) && ln -s /dev/full \(name)/\(name) && $OCELLI \(line)")
      #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
      #expect(outcome.errors.contains("\(name)/\(name): cannot be written: No space"), "\(outcome)")
    }
  }

  /// A file system of 400 KB, where the process may make one.
  @Test func `a disk without room is told, and the checkpoint survives`() throws {
    let size = "mkdir disk && mount -t tmpfs -o size=400k tmpfs disk"
    let mounted = try ocelli.shell("[ $(id -u) = 0 ] && \(size) 2> /dev/null")
    guard mounted.code == 0 else { return }
    defer { _ = try? ocelli.shell("umount disk") }
    _ = try interrupted("disk/run", by: SIGINT)
    let before = try ocelli.bytes("disk/run/last.safetensors")
    _ = try ocelli.shell("cat /dev/zero > disk/filler 2> /dev/null")
    let line = arguments("disk/run").joined(separator: " ")
    let outcome = try ocelli.shell("$OCELLI \(line)")
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
    #expect(outcome.errors.contains("No space left on device"), "\(outcome)")
    #expect(try ocelli.bytes("disk/run/last.safetensors") == before)
    let scenes = try ocelli.shell("$OCELLI dataset scenes --output disk/x --train 9 --test 9")
    #expect(scenes.code == 1 && scenes.errorLines.count == 1, "\(scenes)")
    #expect(!FileManager.default.fileExists(atPath: ocelli.path("disk/x.partial")))
    _ = try ocelli.shell("rm disk/filler")
    #expect(try ocelli.run(arguments("disk/run")).code == 0)
    #expect(try ocelli.run(arguments("whole")).code == 0)
    try expectSameBytes("whole", "disk/run")
  }
}
