// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct ModelPackTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  @Test func `a packed model computes the same and needs less memory`() throws {
    let run = try ocelli.shell(
      """
      $OCELLI quantize $SHARED/classifier/best.safetensors --data $SHARED/scenes --output a.tflite \
      && $OCELLI model pack a.tflite --output b.tflite \
      && $OCELLI evaluate --data $SHARED/scenes --classifier a.tflite --json >a.json \
      && $OCELLI evaluate --data $SHARED/scenes --classifier b.tflite --json >b.json \
      && for m in a b; do $OCELLI classify --model $m.tflite --json $SHARED/scenes/test/*/* \
      >$m.lines || exit 1; $OCELLI model info $m.tflite --json >$m.info || exit 1; done
      """)
    #expect(run.code == 0, "\(run)")
    #expect(run.output.contains("without the weights for "))
    #expect(try ocelli.bytes("a.json") == ocelli.bytes("b.json"))
    #expect(try ocelli.bytes("a.lines") == ocelli.bytes("b.lines"))
    let arenas = try ["a.info", "b.info"].map { name in
      let info = try JSONSerialization.jsonObject(with: Data(try ocelli.bytes(name)))
      return try #require((info as? [String: Any])?["inferenceArenaBytes"] as? Int)
    }
    #expect(arenas[1] < arenas[0])
    let repacked = try ocelli.shell(
      "$OCELLI model pack b.tflite --cpu arm64 --output c.tflite && $OCELLI model info c.tflite")
    #expect(repacked.code == 0 && repacked.output.contains("arm64"), "\(repacked)")
  }

  @Test func `what cannot be packed is said in one line`() throws {
    let run = try ocelli.shell(
      """
      $OCELLI quantize $SHARED/classifier/best.safetensors --type float32 --output float.tflite
      """)
    #expect(run.code == 0, "\(run)")
    try ocelli.expectError("model pack float.tflite --output x", "has no integer layers")
    try ocelli.expectError(
      "model pack $SHARED/classifier/best.safetensors --output x", "is no .tflite file")
    try ocelli.expectUsage("model pack float.tflite --cpu z80 --output x")
  }
}
