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

/// Walks over the fields of an encoded Protocol Buffers message and looks at its integers.
struct ProtobufFields {
  private var rest: ArraySlice<UInt8>

  /// The value of the integer field `field`, 0 when it is absent; `nil` when `message` is damaged.
  static func integer(_ field: UInt64, of message: [UInt8]) -> Int64? {
    var fields = ProtobufFields(rest: message[...])
    var found: UInt64 = 0
    while !fields.rest.isEmpty {
      guard let tag = fields.takeVarint() else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = fields.takeVarint() else { return nil }
        if tag >> 3 == field { found = value }
      case 1: guard fields.drop(8) else { return nil }
      case 2: guard let count = fields.takeVarint(), fields.drop(count) else { return nil }
      case 5: guard fields.drop(4) else { return nil }
      default: return nil
      }
    }
    return Int64(bitPattern: found)
  }

  private mutating func takeVarint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private mutating func drop(_ count: UInt64) -> Bool {
    guard count <= UInt64(rest.count) else { return false }
    rest = rest.dropFirst(Int(count))
    return true
  }
}
