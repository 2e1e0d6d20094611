// SPDX-License-Identifier: Apache-2.0

/// Writes a FlatBuffer from its leaves to its root.
///
/// Bytes are collected in reverse, for references lead forward and what they lead to is written
/// first. A position is counted from the buffer's end, so that it stays the same as the buffer
/// grows.
struct FlatBufferBuilder {
  /// A field of a table: its number in the schema, and its value.
  struct Field {
    enum Value {
      case byte(UInt8)
      case int32(Int32)
      case float(Float)
      case int64(Int64)
      /// Something that was written before.
      case reference(Int)
    }

    var number: Int
    var value: Value
  }

  private var reversed: [UInt8] = []
  private var alignment = 4
  /// Where each list of fields lies: equal ones are shared.
  private var fieldLists: [[UInt16]: Int] = [:]

  /// Bytes so far.
  private var position: Int { reversed.count }

  /// Fills up so that, after `byteCount` more bytes, the position is a multiple of `size`.
  private mutating func align(to size: Int, after byteCount: Int) {
    alignment = max(alignment, size)
    while (position + byteCount) % size != 0 { reversed.append(0) }
  }

  private mutating func push<Number: FixedWidthInteger>(_ number: Number) {
    var rest = number.littleEndian
    withUnsafeBytes(of: &rest) { for byte in $0.reversed() { reversed.append(byte) } }
  }

  /// A reference to something written before, where it will stand.
  private mutating func push(referenceTo target: Int) {
    align(to: 4, after: 4)
    push(UInt32(position + 4 - target))
  }

  /// A vector of bytes that start at a multiple of `alignment`.
  mutating func vector(bytes: UnsafeRawBufferPointer, alignment: Int = 4) -> Int {
    align(to: max(4, alignment), after: bytes.count)
    for byte in bytes.reversed() { reversed.append(byte) }
    push(UInt32(bytes.count))
    return position
  }

  mutating func vector<Number: FixedWidthInteger>(_ numbers: [Number]) -> Int {
    let size = MemoryLayout<Number>.size
    align(to: 4, after: numbers.count * size)
    align(to: size, after: numbers.count * size)
    for number in numbers.reversed() { push(number) }
    push(UInt32(numbers.count))
    return position
  }

  mutating func vector(floats: [Float]) -> Int { vector(floats.map { $0.bitPattern }) }

  /// A vector of tables or strings.
  mutating func vector(references: [Int]) -> Int {
    align(to: 4, after: 4 * references.count)
    for reference in references.reversed() { push(referenceTo: reference) }
    push(UInt32(references.count))
    return position
  }

  mutating func string(_ text: String) -> Int {
    let bytes = Array(text.utf8)
    align(to: 4, after: bytes.count + 1)
    reversed.append(0)
    for byte in bytes.reversed() { reversed.append(byte) }
    push(UInt32(bytes.count))
    return position
  }

  /// A table; fields that have their defaults are left out by the caller.
  mutating func table(_ fields: [Field?]) -> Int {
    let fields = fields.compactMap { $0 }.sorted { $0.value.size < $1.value.size }
    let end = position
    var positions: [Int: Int] = [:]
    // The smallest are written first, and so lie last.
    for field in fields {
      align(to: field.value.size, after: field.value.size)
      switch field.value {
      case .byte(let value): push(value)
      case .int32(let value): push(value)
      case .float(let value): push(value.bitPattern)
      case .int64(let value): push(value)
      case .reference(let target): push(referenceTo: target)
      }
      positions[field.number] = position
    }
    align(to: 4, after: 4)
    // The table starts with the distance to its list of fields, which is known below.
    for _ in 0..<4 { reversed.append(0) }
    let start = position
    let count = (positions.keys.max() ?? -1) + 1
    let distances = (0..<count).map { UInt16(positions[$0].map { start - $0 } ?? 0) }
    let list = [UInt16(4 + 2 * count), UInt16(start - end)] + distances
    if fieldLists[list] == nil {
      for word in list.reversed() { push(word) }
      fieldLists[list] = position
    }
    let distance = Int32((fieldLists[list] ?? 0) - start)
    withUnsafeBytes(of: distance.littleEndian) { bytes in
      for (index, byte) in bytes.enumerated() { reversed[start - 1 - index] = byte }
    }
    return start
  }

  /// The whole buffer, which begins with a reference to its root and an identifier.
  mutating func finish(root: Int, identifier: StaticString) -> [UInt8] {
    align(to: max(alignment, 4), after: 8)
    identifier.withUTF8Buffer { for byte in $0.reversed() { reversed.append(byte) } }
    push(referenceTo: root)
    return reversed.reversed()
  }
}

extension FlatBufferBuilder.Field.Value {
  fileprivate var size: Int {
    switch self {
    case .byte: 1
    case .int32, .float, .reference: 4
    case .int64: 8
    }
  }
}
