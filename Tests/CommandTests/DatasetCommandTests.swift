// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct DatasetCommandTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  @Test func `what exists is not drawn over`() throws {
    try ocelli.write(Array("precious".utf8), to: "file")
    try ocelli.write(Array("precious".utf8), to: "folder/file")
    let few = "--train 2 --test 1 --size 8"
    try ocelli.expectError("dataset scenes --output file \(few)", "file: ", "no folder")
    try ocelli.expectError("dataset scenes --output folder \(few)", "folder: ", "not empty")
    try ocelli.expectError("dataset scenes --output file/inside \(few)", "file/inside")
    try ocelli.expectError("dataset scenes --output /proc/scenes \(few)", "/proc/scenes")
    // A slash at the end names the same folder.
    let outcome = try ocelli.shell("$OCELLI dataset scenes --output new/ \(few)")
    #expect(outcome.code == 0, "\(outcome)")
    #expect(FileManager.default.fileExists(atPath: ocelli.path("new/train")))
    #expect(!FileManager.default.fileExists(atPath: ocelli.path("new.partial")))
  }

  @Test(arguments: [
    "--size 0", "--size 100000000", "--train=-1", "--train 0 --test 0", "--train 10000000000",
    "--train 99999999999999999999", "--correlation nan", "--correlation 2",
    "--test-correlation=-0.1", "--degrade foo", "--degrade jpeg=0", "--degrade blur=nan",
    "--degrade blur=1e30", "--degrade dull=1,dull=1", "--degrade ''", "--threads 0",
    "--threads 100000", "--threads two", "--seed=-1", "--unknown", "extra",
  ])
  func `absurd settings of scenes are wrong usage`(options: String) throws {
    try ocelli.expectUsage("dataset scenes --output x \(options)")
  }

  @Test func `absurd settings of info and pack are wrong usage`() throws {
    try ocelli.expectUsage("dataset scenes --output ''", "--output")
    for size in ["0", "-4", "100000000", "nan", "99999999999999999999"] {
      try ocelli.expectUsage("dataset info $SHARED/scenes --size=\(size)", "--size")
      try ocelli.expectUsage("dataset pack $SHARED/scenes --output x --size=\(size)", "--size")
    }
    try ocelli.expectUsage("dataset info $SHARED/scenes --part half", "--part")
    try ocelli.expectUsage("dataset info", "<path>")
    try ocelli.expectUsage("dataset pack $SHARED/scenes", "--output")
    try ocelli.expectUsage("dataset pack $SHARED/scenes --output ''", "--output")
    try ocelli.expectUsage("dataset nonsense", "nonsense")
    try ocelli.expectError("dataset info $SHARED/scenes --size 16384", "do not fit in memory")
  }

  @Test func `a packed file that cannot be written is named`() throws {
    try ocelli.write([1], to: "folder/file")
    for (output, reason) in [
      ("folder", "Is a directory"), ("nowhere/x", "No such file"), ("/dev/full", "No space left"),
      ("folder/file/x", "Not a directory"),
    ] {
      try ocelli.expectError("dataset pack $SHARED/scenes --output \(output)", output, reason)
    }
  }

  @Test func `a full disk leaves the old packed file`() throws {
    try ocelli.write(Array("precious".utf8), to: "x.safetensors")
    let before = try ocelli.snapshot()
    let outcome = try ocelli.shell(
      "ulimit -f 8; $OCELLI dataset pack $SHARED/scenes --output x.safetensors")
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
    #expect(outcome.errors.contains("x.safetensors: cannot be written"), "\(outcome)")
    #expect(try ocelli.snapshot() == before)
  }

  #if os(Linux)
    @Test(.enabled(if: !Ocelli.isSanitized, "a sanitizer takes more memory than this"))
    func `memory that the system refuses is told`() throws {
      for line in [
        "dataset info $SHARED/scenes --size 2048",
        "bench training --workload vgg16-training --batch 64",
        "train classifier --data $SHARED/scenes --output x --size 32 --architecture vgg16 "
          + "--width 8",
      ] {
        let outcome = try ocelli.shell("ulimit -v 400000; $OCELLI \(line)")
        #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(line): \(outcome)")
        #expect(outcome.errors.contains("no memory"), "\(line): \(outcome)")
      }
      #expect(try ocelli.snapshot().isEmpty)
    }
  #endif

  @Test func `a full disk leaves no scenes`() throws {
    let outcome = try ocelli.shell(
      "ulimit -f 1; $OCELLI dataset scenes --output x --train 4 --test 2 --size 64")
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
    #expect(outcome.errors.contains("x.partial"), "\(outcome)")
    #expect(try ocelli.snapshot().isEmpty)
  }

  @Test func `a packed set is the set`() throws {
    let folder = try ocelli.shell("$OCELLI dataset info $SHARED/scenes --json")
    let packed = try ocelli.shell("$OCELLI dataset info $SHARED/scenes.safetensors --json")
    let values = try [folder, packed].map { outcome in
      try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }
    #expect(values[0]["name"] as? String == "scenes")
    #expect(values[1]["name"] as? String == "scenes")
    #expect(folder.output == packed.output)
  }
}
