// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Network
import Ocelli
import TestSupport
import Testing

struct ShippedModelTests {
  private static let folder = Fixture.folder.deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "weights")
  private static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".tflite") }.sorted()

  @Test func `there are classifiers and enhancers in both types`() {
    for role in ["classifier", "enhancer"] {
      for type in ["int8", "float16"] {
        #expect(Self.names.contains { $0.hasPrefix(role) && $0.contains("-\(type)-") })
      }
    }
  }

  @Test(arguments: names)
  func `a shipped model is small, says what it is, and runs`(name: String) throws {
    let path = Self.folder.appending(path: name).path
    let model = try Model(contentsOf: path)
    let session = try Session(model, threads: 2)
    let input = model.graph.inputShape
    let image = Image(
      width: input.width, height: input.height,
      pixels: (0..<3 * input.width * input.height).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    if name.hasPrefix("classifier") {
      #expect(model.role == .classifier && model.labels.count == model.graph.outputShape.channels)
      let labels = try session.classify(image, top: 100)
      #expect(labels.count == model.labels.count)
      #expect(abs(labels.reduce(0) { $0 + $1.probability } - 1) < 0.02)
    } else {
      #expect(model.role == .enhancer)
      let enhanced = try session.enhance(image)
      #expect(enhanced.width == input.width && enhanced.pixels != image.pixels)
    }
    if name.contains("-int8-") {
      #expect(
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? .max <= 400_000)
    }
    let card = try String(contentsOf: Self.folder.appending(path: "README.md"), encoding: .utf8)
    #expect(card.contains(name.replacing(/-(int8|float16)-v\d+\.tflite/, with: "")))
  }
}
