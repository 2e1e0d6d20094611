// SPDX-License-Identifier: Apache-2.0
import Kernels
import ModelFormats
import Network
import Testing

struct PackedWeightsTests {
  private let bytes: [UInt8]
  private let parts: [[UInt8]] = [Array(0..<100), Array(7..<8)]

  init() {
    let entries = parts.enumerated().map { index, part in
      PackedWeights.Entry(node: "layer \(index)", bytes: Self.kept(part))
    }
    bytes = PackedWeights(layout: .native, entries: entries, owner: nil).serialized()
    for entry in entries { entry.bytes.deallocate() }
  }

  private static func kept(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    memory.copyBytes(from: bytes)
    return UnsafeRawBufferPointer(memory)
  }

  private func read(_ bytes: [UInt8]) throws(MetadataError) -> PackedWeights? {
    let memory = Self.kept(bytes)
    defer { memory.deallocate() }
    return try PackedWeights(reading: memory, owner: nil)
  }

  @Test func `what is written is read, at multiples of 64`() throws {
    let memory = Self.kept(bytes)
    defer { memory.deallocate() }
    let packed = try #require(try PackedWeights(reading: memory, owner: nil))
    #expect(packed.layout == .native)
    #expect(packed.entries.map(\.node) == ["layer 0", "layer 1"])
    for (entry, part) in zip(packed.entries, parts) {
      #expect(entry.bytes.elementsEqual(part))
      #expect(Int(bitPattern: entry.bytes.baseAddress) % 64 == 0)
    }
  }

  @Test func `cut and absurd entries are refused`() {
    for count in bytes.indices {
      #expect(throws: MetadataError.badPackedWeights) { try read(Array(bytes.prefix(count))) }
    }
    for word in 5..<14 {
      var bytes = bytes
      for byte in 0..<4 { bytes[4 * word + byte] = 255 }
      #expect(throws: MetadataError.badPackedWeights) { try read(bytes) }
    }
  }

  @Test func `those of another version are passed over`() throws {
    var bytes = bytes
    bytes[0] += 1
    let packed = try read(bytes)
    #expect(packed == nil)
  }
}
