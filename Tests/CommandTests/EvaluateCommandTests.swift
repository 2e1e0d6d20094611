// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct EvaluateCommandTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private let data = "evaluate --data $SHARED/scenes"

  @Test func `models that do not fit are named`() throws {
    let classifier = Shared.classifier
    try ocelli.expectError("\(data) --classifier nowhere", "nowhere: cannot be opened")
    try ocelli.expectError("\(data) --classifier $SHARED/scenes", "/scenes: ", "directory")
    try ocelli.expectError("\(data) --classifier $SHARED/scenes.safetensors", "holds no graph")
    try ocelli.expectError(
      "\(data) --classifier $SHARED/enhancer/enhance/last.safetensors",
      "last.safetensors: is an enhancer, expected a classifier")
    try ocelli.expectError(
      "\(data) \(classifier) --enhancer $SHARED/classifier/best.safetensors",
      "best.safetensors: is a classifier, expected an enhancer")
    try ocelli.expectError("\(data) \(classifier) --size 8", "takes 16×16×3", "--size 16")
    let run = "--epochs 1 --width 2 --depth 1 --phases reconstruct --size 8"
    let trained = try ocelli.shell(
      "$OCELLI train enhancer --data $SHARED/scenes --output small \(run)")
    #expect(trained.code == 0, "\(trained)")
    try ocelli.expectError(
      "\(data) \(classifier) --enhancer small/reconstruct/best.safetensors",
      "small/reconstruct/best.safetensors takes 8×8×3")
  }

  @Test func `other classes are named`() throws {
    let copied = try ocelli.shell(
      """
      mkdir two && cp -r $SHARED/scenes/train/bird $SHARED/scenes/train/boat two
      cp -r $SHARED/scenes other && mv other/train/bird other/train/emu && mv other/test/bird \
      other/test/emu
      """)
    #expect(copied.code == 0, "\(copied)")
    let classifier = Shared.classifier
    try ocelli.expectError("evaluate --data two \(classifier)", "two: 2 classes", "knows 10")
    try ocelli.expectError("evaluate --data other \(classifier)", "other: its classes", "emu")
    try ocelli.expectError(
      "train enhancer --data other --output x \(classifier)", "other: its classes", "emu")
  }

  @Test func `absurd settings are wrong usage`() throws {
    let whole = "\(data) \(Shared.classifier)"
    for (options, text) in [
      ("--batch 0", "--batch 0: expected 1 to 65536"), ("--size 100000000", "--size"),
      ("--fraction nan", "--fraction"), ("--fraction 0", "--fraction"),
      ("--fraction 2", "--fraction"), ("--test-fraction 1", "--test-fraction"),
      ("--picture x.png", "--picture needs --enhancer"), ("--degrade x", "--degrade"),
      ("--part half", "--part"), ("--threads 0", "--threads"),
      ("\(Shared.enhancer) --picture x.txt", "--picture x.txt"),
    ] { try ocelli.expectUsage("\(whole) \(options)", text) }
    try ocelli.expectUsage("evaluate --data x", "--classifier")
  }

  @Test func `a split has exactly the images that are asked for`() throws {
    let outcome = try ocelli.shell(
      "$OCELLI \(data) \(Shared.classifier) --split 41/17 --part both --json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]],
      "\(outcome)")
    #expect(rows.map { $0["images"] as? Int } == [41, 17])
    try ocelli.expectError("\(data) \(Shared.classifier) --split 50/17", "50 + 17 images")
  }

  @Test func `the tables and JSON agree`() throws {
    let table = try ocelli.shell("$OCELLI \(data) \(Shared.classifier) --part both --per-class")
    #expect(table.code == 0 && table.output.contains("precision"), "\(table)")
    let outcome = try ocelli.shell(
      "$OCELLI \(data) \(Shared.classifier) \(Shared.enhancer) --part both --per-class --json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]],
      "\(outcome)")
    #expect(rows.map { $0["part"] as? String } == ["train", "test"])
    for row in rows {
      let confusion = try #require(row["confusion"] as? [[Int]])
      #expect(confusion.joined().reduce(0, +) == row["images"] as? Int)
      #expect((row["classes"] as? [Any])?.count == 10)
      #expect(row["combined"] is [String: Any] && row["mcNemarP"] is Double)
    }
  }

  @Test func `a picture is drawn, or its name told`() throws {
    let whole = "\(data) \(Shared.classifier) \(Shared.enhancer)"
    let drawn = try ocelli.shell("$OCELLI \(whole) --picture x.png")
    #expect(drawn.code == 0, "\(drawn)")
    #expect(try ocelli.bytes("x.png").prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    try ocelli.expectError("\(whole) --picture nowhere/x.png", "nowhere/x.png: cannot be created")
    let full = try ocelli.shell("ulimit -f 1; $OCELLI \(whole) --picture x.png --json")
    #expect(full.code == 1 && full.errors.contains("x.png: cannot be written"), "\(full)")
    #expect(Set(try ocelli.snapshot().keys) == ["x.png"])
  }

  @Test func `output that is lost is an error, a closed pipe is not`() throws {
    for line in [
      "\(data) \(Shared.classifier) --json", "dataset info $SHARED/scenes",
      "model info --architecture vgg16",
    ] {
      let full = try ocelli.shell("$OCELLI \(line) > /dev/full")
      #expect(full.code == 1 && full.errorLines.count == 1, "\(full)")
      #expect(full.errors.hasPrefix("ocelli: error: standard output"), "\(full)")
      let closed = try ocelli.shell("$OCELLI \(line) | head -1")
      #expect(closed.code == 0 && closed.errors.isEmpty, "\(closed)")
    }
  }
}
