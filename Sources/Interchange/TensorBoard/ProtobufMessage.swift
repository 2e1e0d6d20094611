// SPDX-License-Identifier: Apache-2.0

/// The bytes of a Protocol Buffers message, field by field
/// (<https://protobuf.dev/programming-guides/encoding>).
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, integer: Int64) {
    add(varint: UInt64(field) << 3)
    add(varint: UInt64(bitPattern: integer))
  }

  mutating func add(_ field: Int, double: Double) {
    add(varint: UInt64(field) << 3 | 1)
    add(littleEndian: double.bitPattern)
  }

  mutating func add(_ field: Int, float: Float) {
    add(varint: UInt64(field) << 3 | 5)
    add(littleEndian: float.bitPattern)
  }

  mutating func add(_ field: Int, bytes content: some Collection<UInt8>) {
    add(varint: UInt64(field) << 3 | 2)
    add(varint: UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func add(_ field: Int, message: ProtobufMessage) { add(field, bytes: message.bytes) }

  private mutating func add(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func add(littleEndian value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
