// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct QuantizeCommandTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  private let quantize = "quantize $SHARED/classifier/best.safetensors"
  private let data = "--data $SHARED/scenes"

  @Test(arguments: ["int8", "float16", "float32"])
  func `a compact classifier is smaller and judges the same images alike`(type: String) throws {
    let run = try ocelli.shell(
      "$OCELLI \(quantize) \(data) --type \(type) --output small.tflite --json")
    #expect(run.code == 0, "\(run)")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let before = try #require(report["accuracyBefore"] as? Double)
    let after = try #require(report["accuracyAfter"] as? Double)
    #expect(abs(before - after) <= 0.05)
    #expect(try ocelli.bytes("small.tflite").count == report["bytesAfter"] as? Int)
    let evaluated = try ocelli.shell(
      "$OCELLI evaluate \(data) --classifier small.tflite --json")
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [[String: Any]])
    let classifier = try #require(rows[0]["classifier"] as? [String: Any])
    #expect(classifier["accuracy"] as? Double == after)
  }

  @Test func `the bytes do not depend on threads, and an enhancer is measured by its images`()
    throws
  {
    for threads in [1, 3] {
      let run = try ocelli.shell(
        """
        mkdir \(threads) && $OCELLI quantize $SHARED/enhancer/enhance/best.safetensors \(data) \
        --threads \(threads) \
        --output \(threads)/x.tflite --report \(threads)/x.json
        """)
      #expect(run.code == 0, "\(run)")
      #expect(run.output.contains("dB (PSNR)"))
    }
    #expect(try ocelli.bytes("1/x.tflite") == ocelli.bytes("3/x.tflite"))
    #expect(try ocelli.bytes("1/x.json") == ocelli.bytes("3/x.json"))
  }

  @Test func `few or odd calibration images are warned about`() throws {
    let run = try ocelli.shell(
      "$OCELLI \(quantize) \(data) --calibration-images 3 --output small.tflite")
    #expect(run.code == 0, "\(run)")
    #expect(run.errors.contains("3 calibration images are few"))
  }

  @Test func `what cannot be quantised is named, and nothing is written`() throws {
    try ocelli.expectError(
      "quantize nowhere \(data) --output x.tflite", "nowhere: cannot be opened")
    try ocelli.expectError(
      "\(quantize) \(data) --keep-float x --output x.tflite", "has no node 'x'")
    try ocelli.expectError("\(quantize) --data nowhere --output x.tflite", "nowhere")
    try ocelli.expectError("\(quantize) \(data) --size 8 --output x.tflite", "takes 16×16×3")
    try ocelli.expectError("\(quantize) \(data) --output no/x.tflite", "no/x.tflite")
    #expect(!FileManager.default.fileExists(atPath: ocelli.path("x.tflite")))
    let run = try ocelli.shell("$OCELLI \(quantize) \(data) --output small.tflite")
    #expect(run.code == 0, "\(run)")
    try ocelli.expectError(
      "quantize small.tflite \(data) --output x.tflite", "is quantised already")
  }

  @Test func `absurd settings are wrong usage`() throws {
    for options in [
      "", "\(data) --calibration-images 0", "\(data) --percentile 101", "\(data) --type int4",
      "\(data) --calibration best",
    ] { try ocelli.expectUsage("\(quantize) --output x.tflite \(options)") }
  }
}
