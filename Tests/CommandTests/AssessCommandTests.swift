// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct AssessCommandTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private let assess = "assess --data $SHARED/scenes \(Shared.classifier)"

  private func document(_ line: String) throws -> [String: Any] {
    let outcome = try ocelli.shell("$OCELLI \(line) --json")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  @Test func `all that applies is answered, the same for any number of threads`() throws {
    let sections = try ["1", "2"].map { threads in
      try document(
        "\(assess) \(Shared.enhancer) --images 10 --explained 4 --threads \(threads) "
          + "--output out\(threads)"
      )
    }
    #expect(NSDictionary(dictionary: sections[0]) == NSDictionary(dictionary: sections[1]))
    for name in [
      "accuracy", "adversarial", "background", "calibration", "corruption", "faithfulness",
      "perturbation", "sanity",
    ] {
      #expect(sections[0][name] is [String: Any], "\(name)")
    }
    let attention = try #require(sections[0]["attention"] as? [[String: Any]])
    #expect(attention.map { $0["target"] as? String } == ["true", "predicted"])
    let subject = try #require(sections[0]["subject"] as? [String: Any])
    #expect(subject["images"] as? Int == 20)
    #expect(try ocelli.bytes("out1/assessment.json") == ocelli.bytes("out2/assessment.json"))
    for name in ["reliability", "spectrum", "budget"] {
      let svg = String(decoding: try ocelli.bytes("out1/\(name).svg"), as: UTF8.self)
      #expect(svg.hasPrefix("<svg") && !svg.contains("nan"), "\(name)")
    }
  }

  @Test func `panels are drawn of what was answered`() throws {
    let outcome = try ocelli.shell(
      "$OCELLI \(assess) \(Shared.enhancer) --only background corruption --output out")
    #expect(outcome.code == 0 && outcome.output.contains("background.png"), "\(outcome)")
    for name in ["background", "corruption"] {
      #expect(
        try ocelli.bytes("out/\(name).png").prefix(4) == Data([0x89, 0x50, 0x4E, 0x47]))
    }
    try ocelli.expectError(
      "\(assess) --only calibration --output $SHARED/scenes.safetensors/x", "scenes.safetensors")
  }

  @Test func `the accuracy is that of evaluate`() throws {
    let evaluated = try ocelli.shell(
      "$OCELLI evaluate --data $SHARED/scenes \(Shared.classifier) \(Shared.enhancer) --json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [[String: Any]])
    let accuracy = try #require(
      try document("\(assess) \(Shared.enhancer) --only accuracy")["accuracy"] as? [String: Any])
    let gain = try #require(accuracy["gain"] as? [String: Any])
    #expect(gain["fixed"] as? Int == rows[0]["fixed"] as? Int)
    #expect(gain["pValue"] as? Double == rows[0]["mcNemarP"] as? Double)
    let plain = try #require(accuracy["plain"] as? [String: Any])
    let alone = try #require(rows[0]["classifier"] as? [String: Any])
    #expect(plain["value"] as? Double == alone["accuracy"] as? Double)
  }

  @Test func `an enhancer is tried in front of other classifiers`() throws {
    let whole = "\(assess) \(Shared.enhancer) --only transfer"
    try ocelli.expectUsage(whole, "--transfer")
    try ocelli.expectUsage("\(assess) --only perturbation", "needs --enhancer")
    let transfer = try #require(
      try document("\(whole) --transfer $SHARED/classifier/last.safetensors")["transfer"]
        as? [String: Any])
    #expect((transfer["rows"] as? [[String: Any]])?.count == 2)
    try ocelli.expectError(
      "\(whole) --transfer $SHARED/enhancer/enhance/best.safetensors", "is an enhancer")
  }

  @Test func `only what is asked for is answered`() throws {
    let table = try ocelli.shell("$OCELLI \(assess) --only calibration background --images 10")
    #expect(table.code == 0 && table.output.contains("BG-gap"), "\(table)")
    #expect(table.output.contains("of 10 pictures") && !table.output.contains("faithfulness"))
    #expect(try ocelli.snapshot().isEmpty)
  }

  @Test func `masks may be anywhere`() throws {
    let packed = "assess --data $SHARED/scenes.safetensors \(Shared.classifier) --only attention"
    try ocelli.expectError(packed, "scenes.safetensors: has no masks", "--masks")
    let found = try document("\(packed) --masks $SHARED/scenes/masks")
    let expected = try document("\(assess) --only attention")
    #expect(
      (found["attention"] as? NSArray) == (expected["attention"] as? NSArray)
        && found["attention"] != nil)
    try ocelli.expectError("\(packed) --masks $SHARED/classifier", "has no mask of any")
  }

  @Test func `backgrounds are changed by masks where there are no scenes`() throws {
    let packed = "assess --data $SHARED/scenes.safetensors \(Shared.classifier) --only background"
    let found = try #require(
      try document("\(packed) --masks $SHARED/scenes/masks")["background"] as? [String: Any])
    let drawn = try #require(
      try document("\(assess) --only background")["background"] as? [String: Any])
    let variants = try [found, drawn].map { try #require($0["variants"] as? [[String: Any]]) }
    #expect(variants[0].map { $0["name"] as? String } == variants[1].map { $0["name"] as? String })
    // The originals are the same, and so are objects on grey, but for what is half an object.
    let accuracies = try variants.map { variants in
      try #require((variants[0]["plain"] as? [String: Any])?["accuracy"] as? NSDictionary)
    }
    #expect(accuracies[0] == accuracies[1] && found["images"] as? Int == 20)
    let panel = try ocelli.shell("$OCELLI \(packed) --masks $SHARED/scenes/masks --output out")
    #expect(panel.output.contains("background.png"), "\(panel)")
  }

  @Test func `what cannot be assessed is said in one line`() throws {
    try ocelli.expectUsage("\(assess) --only everything", "--only")
    try ocelli.expectUsage("\(assess) --images 0", "--images 0")
    try ocelli.expectError("\(assess) --layer nothing --only attention", "has no layer 'nothing'")
    try ocelli.expectError(
      "assess --data $SHARED/scenes.safetensors \(Shared.classifier) --only background",
      "scenes.safetensors: has no masks")
    try ocelli.expectError("\(assess) --enhancer nowhere", "nowhere: cannot be opened")
  }
}
