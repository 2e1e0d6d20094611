// SPDX-License-Identifier: Apache-2.0
import Interchange
import TestSupport
import Testing

struct EventFileWriterTests {
  /// A clock that ticks once an event, from `start` on.
  private static func clock(from start: Double) -> () -> Double {
    var time = start - 1
    return {
      time += 1
      return time
    }
  }

  @Test func `writes what TensorBoard's library writes, to the byte`() throws {
    let folder = try TemporaryFolder()
    try Self.writeFixture(to: folder.path(EventFileWriter.fileName))
    let expected = try Fixture.bytes("interchange/events.out.tfevents.python")
    #expect(try folder.bytes(EventFileWriter.fileName) == expected)
  }

  static func writeFixture(to path: String) throws {
    var times = [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 300][...]
    let log = try EventFileWriter(path) { times.removeFirst() }
    try log.write([("loss/train", 2.5)], step: 1)
    try log.write([("loss/train", 1.25)], step: 2)
    try log.write([("accuracy", 0.875)], step: 300)
  }

  @Test func `a resumed log ends like an uninterrupted one`() throws {
    let folder = try TemporaryFolder()
    let whole = try EventFileWriter(folder.path("whole"), now: Self.clock(from: 0))
    for step in 1...5 { try whole.write([("loss", Float(step))], step: Int64(step)) }

    let first = try EventFileWriter(folder.path("cut"), now: Self.clock(from: 0))
    for step in 1...4 { try first.write([("loss", Float(step))], step: Int64(step)) }
    // Killed in the middle of a record behind the checkpoint of step 3.
    try folder.write(Array(try folder.bytes("cut").dropLast(5)), to: "cut")
    let second = try EventFileWriter(
      folder.path("cut"), resumingAfter: 3, now: Self.clock(from: 4))
    for step in 4...5 { try second.write([("loss", Float(step))], step: Int64(step)) }
    #expect(try folder.bytes("cut") == folder.bytes("whole"))
  }

  @Test func `a damaged record and all behind it are dropped`() throws {
    let folder = try TemporaryFolder()
    try Self.writeFixture(to: folder.path("log"))
    var bytes = try folder.bytes("log")
    let intact = bytes
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, to: "log")
    _ = try EventFileWriter(folder.path("log"), resumingAfter: 1000) { 0 }
    let kept = try folder.bytes("log")
    #expect(kept.count < bytes.count / 2)
    #expect(kept == Array(intact.prefix(kept.count)))
  }

  @Test func `resuming where no log is starts one`() throws {
    let folder = try TemporaryFolder()
    _ = try EventFileWriter(folder.path("resumed"), resumingAfter: 9) { 0 }
    _ = try EventFileWriter(folder.path("new")) { 0 }
    #expect(try folder.bytes("resumed") == folder.bytes("new"))
    #expect(try !folder.bytes("new").isEmpty)
  }

  @Test func `a file of noise is started anew`() throws {
    let folder = try TemporaryFolder()
    try folder.write([UInt8](repeating: 0xFF, count: 100), to: "noise")
    _ = try EventFileWriter(folder.path("noise"), resumingAfter: 9) { 0 }
    _ = try EventFileWriter(folder.path("new")) { 0 }
    #expect(try folder.bytes("noise") == folder.bytes("new"))
  }
}
