// SPDX-License-Identifier: Apache-2.0
import Interchange
import TestSupport
import Testing

struct MetricsWriterTests {
  @Test func `writes an object a line with its members in order`() throws {
    let folder = try TemporaryFolder()
    let metrics = try MetricsWriter(folder.path("m.jsonl"))
    try metrics.write(
      [
        ("phase", .text("enhance \"é\"")), ("loss", .float(0.1)), ("time", .number(0.1)),
        ("images", .integer(-3)), ("nothing", .float(.nan)), ("tiny", .float(1e-30)),
      ], step: 12)
    try metrics.write([], step: 13)
    let expected = """
      {"step":12,"phase":"enhance \\"é\\"","loss":0.1,"time":0.1,"images":-3,"nothing":null,\
      "tiny":1e-30}
      {"step":13}

      """
    #expect(String(decoding: try folder.bytes("m.jsonl"), as: UTF8.self) == expected)
  }

  @Test func `a resumed file ends like an uninterrupted one`() throws {
    let folder = try TemporaryFolder()
    func write(_ steps: ClosedRange<Int64>, to name: String, after step: Int64?) throws {
      let metrics = try MetricsWriter(folder.path(name), resumingAfter: step)
      for step in steps { try metrics.write([("loss", .float(Float(step)))], step: step) }
    }
    try write(1...5, to: "whole", after: nil)
    try write(1...4, to: "cut", after: nil)
    try folder.write(try folder.bytes("cut") + Array("{\"step\":5,\"lo".utf8), to: "cut")
    try write(4...5, to: "cut", after: 3)
    #expect(try folder.bytes("cut") == folder.bytes("whole"))
    try write(1...5, to: "whole", after: nil)
    #expect(try folder.bytes("cut") == folder.bytes("whole"))
  }
}
