// SPDX-License-Identifier: Apache-2.0
import Interchange
import Kernels
import ModelFormats
import Network
import TestSupport
import Testing

/// Models of one operator, with what LiteRT's reference interpreter makes of their inputs.
struct OperatorTests {
  private static let golden = try? SafetensorsFile(Fixture.path("operators.safetensors"))
  private static let names = (golden?.tensors.map(\.name) ?? [])
    .filter { $0.hasSuffix("/model") }.map { String($0.dropLast("/model".count)) }.sorted()

  private func bytes(_ name: String) throws -> [UInt8] {
    let tensor = try #require(Self.golden?.tensor(named: name))
    return tensor.withBytes { [UInt8]($0) }
  }

  @Test(arguments: names, [1, 3])
  func `every byte is that of LiteRT's reference interpreter`(
    _ name: String, threadCount: Int
  ) throws {
    let file = try bytes(name + "/model")
    try file.withUnsafeBytes { file in
      let model = try Model(try TFLiteFile(reading: file), owner: nil)
      let pool = try #require(ThreadPool(threadCount: threadCount))
      let request = PlanRequest(batch: 2, threadCount: threadCount)
      let session = try #require(Session(try Plan(model.graph, request), model.parameters, pool))
      for (index, node) in model.graph.inputs.enumerated() {
        session.bytes(of: node).copyBytes(from: try bytes("\(name)/input\(index)"))
      }
      session.forward()
      #expect(
        [UInt8](session.bytes(of: model.graph.output)) == (try bytes(name + "/output")))
    }
  }

  @Test func `all operators are there`() {
    #expect(Self.names.count >= 2 * 30)
  }
}
