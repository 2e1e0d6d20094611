// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

struct ModelAndBenchTests {
  private let ocelli: Ocelli

  init() throws { ocelli = try Ocelli() }

  @Test func `a model tells its role and its classes`() throws {
    let classifier = try ocelli.shell("$OCELLI model info $SHARED/classifier/best.safetensors")
    #expect(classifier.output.contains("classifier"), "\(classifier)")
    #expect(classifier.output.contains("bird, boat"), "\(classifier)")
    for name in ["best", "last"] {
      let outcome = try ocelli.shell(
        "$OCELLI model info $SHARED/enhancer/enhance/\(name).safetensors --json")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
      #expect(object["role"] as? String == "enhancer")
      #expect((object["layers"] as? [Any])?.isEmpty == false)
    }
  }

  @Test func `info shows what a model's metadata say, in 100 columns`() throws {
    let model = testsFolder.appending(path: "Fixtures/described.tflite").path
    let text = try ocelli("model", "info", model)
    for line in [
      "name        ImageClassifier", "role        classifier", "classes     3: red, green, blue",
      "pictures    8×8, RGB, stretched; (level − 127.5) / 127.5",
    ] { #expect(text.output.contains(line), "\(text)") }
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(text)")
    let outcome = try ocelli("model", "info", model, "--json")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let metadata = try #require(object["metadata"] as? [String: Any])
    #expect(metadata["name"] as? String == "ImageClassifier")
    let pictures = try #require(object["preprocessing"] as? [String: Any])
    #expect(pictures["colors"] as? String == "RGB" && pictures["mean"] as? [Double] == [127.5])
  }

  @Test func `absurd settings of model info are wrong usage`() throws {
    for options in [
      "--size 0", "--size 100000000", "--classes 0", "--batch 0", "--architecture x",
      "--enhancer unet --enhancer-depth 9", "--enhancer unet --enhancer-width 0",
      "--enhancer 'own(7-1)'", "--width nan", "x --enhancer unet", "x --architecture vgg16",
    ] { try ocelli.expectUsage("model info \(options)") }
    try ocelli.expectError("model info --architecture vgg16 --size 1", "larger images")
    try ocelli.expectError("model info --architecture vgg16 --size 4096", "too large")
    try ocelli.expectError("model info --enhancer unet --enhancer-depth 6 --size 31", "too small")
  }

  @Test func `absurd settings of benchmarks are wrong usage`() throws {
    for options in [
      "training --batch 0", "training --size 31", "training --size 100000000",
      "training --steps 0", "training --workload x", "training --threads 0", "kernels --batch 0",
      "kernels --batch 100000", "kernels --threads 1000",
    ] { try ocelli.expectUsage("bench \(options)") }
    try ocelli.expectError("bench training --size 1024 --batch 4096", "no memory", "MB")
  }

  @Test func `a benchmark prints one object`() throws {
    let outcome = try ocelli.shell(
      "$OCELLI bench training --workload vgg16-inference --size 32 --batch 1 --steps 1 --json")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    #expect((object as? [String: Any])?["ms"] is Double, "\(outcome)")
  }
}
