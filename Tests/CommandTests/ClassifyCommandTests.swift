// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `ocelli classify`, on a model that tells colours, and on the enhancer that all tests share.
struct ClassifyCommandTests {
  private let ocelli: Ocelli

  init() throws {
    ocelli = try Ocelli()
    try copy("Fixtures/described.tflite", as: "model.tflite")
    try ocelli.write(Self.ppm(200, 10, 10), to: "red.ppm")
    try ocelli.write(Self.ppm(10, 10, 200), to: "blue.ppm")
  }

  private func copy(_ fixture: String, as name: String) throws {
    try ocelli.write(Data(contentsOf: testsFolder.appending(path: fixture)), to: name)
  }

  /// A picture of one colour.
  private static func ppm(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
    Array("P6 5 4 255\n".utf8) + (0..<20).flatMap { _ in [red, green, blue] }
  }

  private func lines(_ line: String) throws -> [String] {
    let outcome = try ocelli.shell("$OCELLI classify \(line)")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  @Test func `labels of each picture come in a line`() throws {
    let lines = try lines("red.ppm blue.ppm --model model.tflite --top 1")
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("red.ppm: red ") && lines[0].hasSuffix(" %"))
    #expect(lines[1].hasPrefix("blue.ppm: blue "))
  }

  @Test func `JSON has an object a line`() throws {
    let lines = try lines("red.ppm blue.ppm --model model.tflite --json")
    #expect(lines.count == 2)
    for (line, label) in zip(lines, ["red", "blue"]) {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(object["picture"] as? String == "\(label).ppm")
      let labels = try #require(object["labels"] as? [[String: Any]])
      #expect(labels.count == 3 && labels[0]["label"] as? String == label)
      let sum = labels.reduce(0) { $0 + ($1["probability"] as? Double ?? 0) }
      #expect(abs(sum - 1) < 1e-4)
    }
  }

  @Test func `folders are read with the folders in them, in order`() throws {
    for name in ["b/2.ppm", "b/1.PPM", "a.ppm", ".hidden.ppm", "b/notes.txt"] {
      try ocelli.write(Self.ppm(200, 0, 0), to: "pictures/\(name)")
    }
    let lines = try lines("pictures --model model.tflite --top 1")
    #expect(
      lines.map { $0.prefix { $0 != ":" } } == [
        "pictures/a.ppm", "pictures/b/1.PPM", "pictures/b/2.ppm",
      ])
  }

  @Test func `a stream mixes formats`() throws {
    for name in ["rgb8.png", "rgb.jpg", "text.ppm"] {
      try copy("ImagingTests/Fixtures/\(name)", as: name)
    }
    let files = "red.ppm rgb8.png rgb.jpg blue.ppm text.ppm rgb8.png"
    let stream = try ocelli.shell("cat \(files) | $OCELLI classify - --model model.tflite")
    #expect(stream.code == 0 && stream.errors.isEmpty, "\(stream)")
    let alone = try lines("\(files) --model model.tflite")
    func labels(_ lines: [some StringProtocol]) -> [String] {
      lines.map { String($0.drop { $0 != " " }) }
    }
    #expect(labels(stream.output.split(separator: "\n")) == labels(alone))
    #expect(stream.output.hasPrefix("-:1: red ") && stream.output.contains("\n-:6: "))
  }

  @Test func `each picture of a stream is answered at once`() throws {
    let outcome = try ocelli.shell(
      "mkfifo pipe; $OCELLI classify - --model model.tflite --top 1 <pipe >answer & "
        + "exec 3>pipe; cat red.ppm >&3; "
        + "for i in $(seq 200); do test -s answer && break; sleep 0.05; done; "
        + "cat answer; exec 3>&-; wait")
    #expect(outcome.output.hasPrefix("-:1: red "), "\(outcome)")
  }

  @Test func `pictures that cannot be read are told, and the others classified`() throws {
    try ocelli.write(Array("hello".utf8), to: "text.png")
    try ocelli.write(Self.ppm(1, 2, 3).dropLast(4), to: "cut.ppm")
    let outcome = try ocelli.shell(
      "$OCELLI classify none.png red.ppm text.png cut.ppm blue.ppm --model model.tflite --top 1")
    #expect(outcome.code == 1, "\(outcome)")
    #expect(outcome.output.split(separator: "\n").count == 2)
    #expect(outcome.errorLines.count == 3)
    for (line, text) in zip(
      outcome.errorLines, ["none.png: cannot be opened", "text.png: is not a", "cut.ppm: ends"])
    {
      #expect(line.hasPrefix("ocelli: error: \(text)"), "\(line)")
    }
  }

  @Test func `a stream with damage goes on behind it`() throws {
    try ocelli.write(Self.ppm(1, 2, 3).dropLast(4), to: "cut.ppm")
    for (files, count) in [("text red.ppm", 1), ("red.ppm text", 1), ("red.ppm cut.ppm", 1)] {
      try ocelli.write(Array("hello world".utf8), to: "text")
      let outcome = try ocelli.shell("cat \(files) | $OCELLI classify - --model model.tflite")
      #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(files): \(outcome)")
      #expect(outcome.output.split(separator: "\n").count == count, "\(files): \(outcome)")
    }
    try ocelli.expectError("classify - --model model.tflite </dev/null", "holds no pictures")
  }

  @Test func `an enhancer stands in front, and its pictures are kept`() throws {
    let model = "--model $SHARED/classifier/best.safetensors"
    let outcome = try ocelli.shell(
      "cp -r $SHARED/scenes/test pictures && $OCELLI classify pictures \(model) --top 1 > plain; "
        + "$OCELLI classify pictures \(model) --top 1 \(Shared.enhancer) --save-enhanced new; "
        + "$OCELLI classify new \(model) --top 1 > again; wc -l <plain; wc -l <again")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 22 && lines.suffix(2) == ["20", "20"], "\(outcome)")
    let saved = try ocelli.snapshot().keys.filter {
      $0.hasPrefix("new/") && $0.hasSuffix(".png.png")
    }
    #expect(saved.count == 20)
  }

  @Test func `pictures of one name are not saved over each other`() throws {
    try ocelli.write(Self.ppm(0, 200, 0), to: "other/red.ppm")
    let outcome = try ocelli.shell(
      "$OCELLI classify red.ppm other/red.ppm --model $SHARED/classifier/best.safetensors "
        + "\(Shared.enhancer) --save-enhanced new")
    #expect(outcome.code == 1 && outcome.errorLines.count == 1, "\(outcome)")
    #expect(outcome.errors.contains("other/red.ppm: not saved"), "\(outcome)")
  }

  @Test func `how pictures become numbers can be told`() throws {
    let usual = try lines("red.ppm --model model.tflite")
    #expect(try lines("red.ppm --model model.tflite --mean 127.5 --deviation 127.5") == usual)
    #expect(try lines("red.ppm --model model.tflite --mean 127.5 --deviation 300") != usual)
    #expect(
      try lines("red.ppm --model model.tflite --mean 0,0,400 --deviation 9,9,-9 --top 1")[0]
        .hasPrefix("red.ppm: "))
    try ocelli.write(
      Array("P6 4 1 255\n".utf8) + [255, 0, 0, 0, 0, 255, 0, 0, 255, 255, 0, 0], to: "wide.ppm")
    #expect(
      try lines("wide.ppm --model model.tflite --crop center")
        != lines("wide.ppm --model model.tflite"))
  }

  @Test func `bad use and bad models get one line`() throws {
    try ocelli.expectError("classify red.ppm", "no shipped model", "--model")
    try ocelli.expectError("classify red.ppm --model none.tflite", "none.tflite: cannot be opened")
    try ocelli.expectError("classify red.ppm --model red.ppm", "red.ppm: ")
    try ocelli.expectError(
      "classify red.ppm --model model.tflite --enhancer model.tflite", "expected a picture")
    try ocelli.expectError(
      "classify red.ppm --model $SHARED/enhancer/enhance/best.safetensors", "for each class")
    for options in [
      "", "--model model.tflite", "red.ppm --top 0", "red.ppm --threads 0",
      "red.ppm --save-enhanced new", "red.ppm --mean 1", "red.ppm --mean a --deviation 1",
      "red.ppm --mean 1 --deviation 0", "red.ppm --mean 1,2 --deviation 1", "red.ppm --crop none",
    ] {
      try ocelli.expectUsage("classify \(options)")
    }
  }

  @Test func `a shipped model is found in the current folder`() throws {
    try copy("Fixtures/described.tflite", as: "weights/classifier-intel-int8-v1.tflite")
    #expect(try lines("red.ppm --top 1")[0].hasPrefix("red.ppm: red "))
  }
}
