// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// `--quantization-aware` and training in front of compact models.
struct QuantizationAwareTests {
  private let ocelli: Ocelli
  private let data = "--data $SHARED/scenes"

  init() throws { ocelli = try Ocelli() }

  @Test func `a classifier trained with rounding needs no calibration`() throws {
    let run = try ocelli.shell(
      """
      $OCELLI train classifier \(data) --initial $SHARED/classifier/best.safetensors \
      --quantization-aware --epochs 1 --batch 16 --output rounded \
      && $OCELLI quantize rounded/best.safetensors --output rounded.tflite \
      && $OCELLI evaluate \(data) --classifier rounded/best.safetensors --json >a.json \
      && $OCELLI evaluate \(data) --classifier rounded.tflite --json >b.json
      """)
    #expect(run.code == 0, "\(run)")
    let accuracies = try ["a.json", "b.json"].map { name in
      let rows = try JSONSerialization.jsonObject(with: Data(try ocelli.bytes(name)))
      let row = try #require((rows as? [[String: Any]])?.first)
      return try #require((row["classifier"] as? [String: Any])?["accuracy"] as? Double)
    }
    #expect(abs(accuracies[0] - accuracies[1]) <= 0.05)
    // The integers go on learning from where they are.
    let again = try ocelli.shell(
      """
      $OCELLI train classifier \(data) --initial rounded.tflite --quantization-aware --epochs 1 \
      --batch 16 --output again && $OCELLI quantize again/best.safetensors --output again.tflite
      """)
    #expect(again.code == 0, "\(again)")
  }

  @Test func `an enhancer learns in front of a compact classifier, rounded itself`() throws {
    let run = try ocelli.shell(
      """
      $OCELLI quantize $SHARED/classifier/best.safetensors \(data) --output classifier.tflite \
      && $OCELLI train enhancer \(data) --classifier classifier.tflite --epochs 1 --batch 16 \
      --initial $SHARED/enhancer/enhance/best.safetensors --quantization-aware --output enhancer \
      && $OCELLI quantize enhancer/enhance/best.safetensors --output enhancer.tflite \
      && $OCELLI evaluate \(data) --classifier classifier.tflite --enhancer enhancer.tflite
      """)
    #expect(run.code == 0, "\(run)")
    #expect(run.output.contains("enhancer.tflite"))
  }

  @Test func `what cannot be trained so is said in one line`() throws {
    let train = "train classifier \(data) --output x"
    try ocelli.expectUsage("\(train) --quantization-aware")
    try ocelli.expectUsage("\(train) --initial x --architecture vgg16")
    try ocelli.expectError("\(train) --initial nowhere", "nowhere: cannot be opened")
    let compact = try ocelli.shell(
      "$OCELLI quantize $SHARED/classifier/best.safetensors \(data) --output x.tflite")
    #expect(compact.code == 0, "\(compact)")
    try ocelli.expectError(
      "\(train) --initial x.tflite", "x.tflite: computes with integers", "--quantization-aware")
  }
}
