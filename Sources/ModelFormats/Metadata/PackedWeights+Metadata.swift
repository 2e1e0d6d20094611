// SPDX-License-Identifier: Apache-2.0
import Kernels
package import Network

/// Packed weights as an entry of a .tflite file's metadata: little-endian words
///
///     version, lanes, registers, elements of a dot product and 2⁸ · of a reduction, offset, count
///     name's offset, name's bytes, weights' offset, weights' bytes      (for each entry)
///
/// then the names and the weights, at multiples of 64 from the start.
extension PackedWeights {
  package static let metadataName: StaticString = "OCELLI_PACKED_WEIGHTS"
  private static let version = 3
  private static let headerWords = 6
  private static let entryWords = 4

  /// - Parameter owner: what keeps `bytes` alive.
  /// - Returns: `nil` when another version of Ocelli packed them, in an order of its own.
  /// - Throws: `MetadataError.badPackedWeights` when an entry lies outside of `bytes`.
  package init?(
    reading bytes: UnsafeRawBufferPointer, owner: AnyObject?
  ) throws(MetadataError) {
    func word(_ index: Int) -> Int {
      let value = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      return Int(UInt32(littleEndian: value))
    }
    func part(_ offset: Int, _ count: Int) throws(MetadataError) -> UnsafeRawBufferPointer {
      guard offset <= bytes.count, count <= bytes.count - offset else { throw .badPackedWeights }
      return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
    guard bytes.count >= 4 * Self.headerWords else { throw .badPackedWeights }
    guard word(0) == Self.version else { return nil }
    guard word(5) <= (bytes.count / 4 - Self.headerWords) / Self.entryWords else {
      throw .badPackedWeights
    }
    var entries: [Entry] = []
    for index in 0..<word(5) {
      let first = Self.headerWords + Self.entryWords * index
      let name = try part(word(first), word(first + 1))
      entries.append(
        Entry(
          node: String(decoding: name, as: UTF8.self),
          bytes: try part(word(first + 2), word(first + 3))))
    }
    self.init(
      layout: PackingLayout(
        lanes: word(1), registers: word(2), dotElements: word(3) & 0xFF,
        dotOffset: Int32(truncatingIfNeeded: word(4)), reductionElements: word(3) >> 8),
      entries: entries, owner: owner)
  }

  /// The entry's bytes.
  package func serialized() -> [UInt8] {
    var words = [
      Self.version, layout.lanes, layout.registers,
      layout.dotElements | layout.reductionElements << 8, Int(layout.dotOffset), entries.count,
    ]
    var names: [UInt8] = []
    let firstName = 4 * (Self.headerWords + Self.entryWords * entries.count)
    let namesCount = entries.reduce(0) { $0 + $1.node.utf8.count }
    func aligned(_ offset: Int) -> Int { (offset + 63) / 64 * 64 }
    var offset = aligned(firstName + namesCount)
    for entry in entries {
      words += [firstName + names.count, entry.node.utf8.count, offset, entry.bytes.count]
      names += Array(entry.node.utf8)
      offset = aligned(offset + entry.bytes.count)
    }
    var result: [UInt8] = []
    result.reserveCapacity(offset)
    for word in words {
      for byte in 0..<4 { result.append(UInt8(truncatingIfNeeded: word >> (8 * byte))) }
    }
    result += names
    for entry in entries {
      result += [UInt8](repeating: 0, count: aligned(result.count) - result.count)
      result += entry.bytes
    }
    return result
  }
}
