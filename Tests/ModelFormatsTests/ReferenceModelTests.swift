// SPDX-License-Identifier: Apache-2.0
import Foundation
import Interchange
import Kernels
import ModelFormats
import Network
import TestSupport
import Testing

/// The MLPerf Tiny reference models, next to the repository.
enum ReferenceModels {
  static let folder = Fixture.folder.deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/models").path

  static let names = [
    "ad01_int8", "kws_ref_model", "pretrainedResnet", "pretrainedResnet_quant", "vww_96_float",
    "vww_96_int8",
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name).tflite")))
  }
}

@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: ReferenceModels.folder),
    "\(ReferenceModels.folder) is not there"))
struct ReferenceModelTests {
  /// What `tools/oracles/litert.py` draws: bytes by chance, coarse and fine examples in turns.
  private func inputs(_ name: String, count: Int, examples: Int) -> [Float] {
    var random = RandomGenerator(seed: 1, stream: NetworkRun.stream(of: name))
    return (0..<count).map { index in
      let value = Float(random.next() >> 56)
      return index / (count / examples) % 2 == 0 ? (value / 16).rounded(.down) + 120 : value
    }
  }

  @Test(arguments: ReferenceModels.names, [1, 3])
  func `outputs are those of LiteRT's reference interpreter`(
    _ name: String, threadCount: Int
  ) throws {
    let golden = try #require(
      try SafetensorsFile(Fixture.path("litert.safetensors")).tensor(named: name))
    let examples = golden.shape[0]
    let bytes = try ReferenceModels.bytes(name)
    try bytes.withUnsafeBytes { bytes in
      let model = try Model(try TFLiteFile(reading: bytes), owner: nil)
      let graph = model.graph
      let pool = try #require(ThreadPool(threadCount: threadCount))
      let request = PlanRequest(batch: examples, threadCount: threadCount)
      let session = try #require(Session(try Plan(graph, request), model.parameters, pool))
      let count = examples * graph.inputShape.elementCount
      let values = inputs(name, count: count, examples: examples)
      let input = session.bytes(of: graph.inputs[0])
      for (index, value) in values.enumerated() {
        if graph.formats[graph.inputs[0]] == .float32 {
          input.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self)
        } else {
          input[index] = UInt8(bitPattern: Int8(value - 128))
        }
      }
      session.forward()
      if graph.formats[graph.output] == .float32 {
        let expected = golden.floats()
        expectClose(session.output.elements, expected, tolerance: 1e-5)
      } else {
        #expect(
          [UInt8](session.bytes(of: graph.output)) == golden.withBytes { [UInt8]($0) })
      }
    }
  }

  @Test(arguments: ReferenceModels.names)
  func `an arena is within 5% of what lives at once`(_ name: String) throws {
    try ReferenceModels.bytes(name).withUnsafeBytes { bytes in
      let model = try Model(try TFLiteFile(reading: bytes), owner: nil)
      let plan = Plan.inference(model.graph, batch: 1, threadCount: 1)
      #expect(Double(plan.arenaByteCount) <= 1.05 * Double(plan.arenaLowerBound))
    }
  }

  /// Whatever bytes change, the answer is a model that can be planned, or one error.
  @Test(arguments: ["kws_ref_model", "ad01_int8", "pretrainedResnet_quant"], 0..<4)
  func `survives mutation`(_ name: String, seed: Int) throws {
    let original = try ReferenceModels.bytes(name)
    var random = RandomGenerator(seed: UInt64(seed))
    var refused = 0
    for _ in 0..<400 {
      var bytes = original
      for _ in 0...random.index(below: 4) {
        // The tables lie at both ends of the weights.
        let span = random.index(below: 2) == 0 ? 0 : max(0, bytes.count - 12_000)
        let position = span + random.index(below: min(12_000, bytes.count - span))
        bytes[position] =
          random.index(below: 3) == 0
          ? UInt8(random.index(below: 4)) : UInt8(random.index(below: 256))
      }
      if random.index(below: 10) == 0 { bytes.removeLast(random.index(below: bytes.count)) }
      bytes.withUnsafeBytes { refused += Self.isRefused($0) ? 1 : 0 }
    }
    #expect(refused > 20, "mutations that nobody notices are no test")
  }

  private static func isRefused(_ bytes: UnsafeRawBufferPointer) -> Bool {
    do throws(TFLiteImportError) {
      let file: TFLiteFile
      do throws(TFLiteError) { file = try TFLiteFile(reading: bytes) } catch {
        throw TFLiteImportError.file(error)
      }
      let model = try Model(file, owner: nil)
      #expect(model.graph.outputs.allSatisfy { model.graph.nodes.indices.contains($0) })
      return false
    } catch {
      #expect(!error.description.isEmpty)
      return true
    }
  }
}
