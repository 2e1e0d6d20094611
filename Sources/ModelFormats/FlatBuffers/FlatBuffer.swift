// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not a FlatBuffer of the expected schema.
public enum FlatBufferError: Error, Equatable, Sendable {
  /// Something of `byteCount` bytes would reach past the end: the file is cut or corrupt.
  case outOfBounds(offset: Int, byteCount: Int)
  /// A table's list of fields is impossible: the file is corrupt.
  case badTable(offset: Int)
  /// The vectors are together longer than the file: it is corrupt, or made to exhaust memory.
  case tooLarge(offset: Int, count: Int)
}

/// A FlatBuffer that others made, read with every offset checked.
///
/// References are unsigned and forward, so that they cannot form cycles; copies of vectors are
/// bounded by `budget`, so that references to shared data cannot multiply it beyond the file's size
/// (FlatBuffers, "Internals").
final class FlatBuffer {
  let bytes: UnsafeRawBufferPointer
  /// Elements that may still be copied.
  private var budget: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    budget = bytes.count / 2 + 1024
  }

  /// The little-endian number at `offset`.
  func load<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type = Number.self, at offset: Int
  ) throws(FlatBufferError) -> Number {
    let size = MemoryLayout<Number>.size
    guard offset >= 0, offset <= bytes.count - size else {
      throw .outOfBounds(offset: offset, byteCount: size)
    }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
  }

  /// The position that the reference at `offset` leads to.
  func follow(_ offset: Int) throws(FlatBufferError) -> Int {
    let distance = try load(UInt32.self, at: offset)
    guard distance > 0, distance <= UInt32(clamping: bytes.count - offset) else {
      throw .outOfBounds(offset: offset, byteCount: Int(clamping: distance))
    }
    return offset + Int(distance)
  }

  /// The table that the buffer is about.
  func root() throws(FlatBufferError) -> FlatTable { try FlatTable(self, at: try follow(0)) }

  func spend(_ count: Int, at offset: Int) throws(FlatBufferError) {
    guard count <= budget else { throw .tooLarge(offset: offset, count: count) }
    budget -= count
  }
}

/// One table of a FlatBuffer: fields by their position in the schema.
struct FlatTable {
  let buffer: FlatBuffer
  let offset: Int
  private let fields: Int
  private let fieldCount: Int

  init(_ buffer: FlatBuffer, at offset: Int) throws(FlatBufferError) {
    let distance = Int(try buffer.load(Int32.self, at: offset))
    let fields = offset - distance
    let byteCount = Int(try buffer.load(UInt16.self, at: fields))
    guard byteCount >= 4, byteCount % 2 == 0, fields <= buffer.bytes.count - byteCount else {
      throw .badTable(offset: offset)
    }
    (self.buffer, self.offset, self.fields) = (buffer, offset, fields)
    fieldCount = (byteCount - 4) / 2
  }

  /// Where a field lies; `nil` when it has its default.
  private func position(_ field: Int) throws(FlatBufferError) -> Int? {
    guard field < fieldCount else { return nil }
    let distance = try buffer.load(UInt16.self, at: fields + 4 + 2 * field)
    return distance == 0 ? nil : offset + Int(distance)
  }

  func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ field: Int, default fallback: Number
  ) throws(FlatBufferError) -> Number {
    guard let position = try position(field) else { return fallback }
    return try buffer.load(at: position)
  }

  /// A 32-bit integer.
  func integer(_ field: Int, default fallback: Int = 0) throws(FlatBufferError) -> Int {
    Int(try number(field, default: Int32(fallback)))
  }

  func flag(_ field: Int) throws(FlatBufferError) -> Bool {
    try number(field, default: UInt8(0)) != 0
  }

  func float(_ field: Int, default fallback: Float = 0) throws(FlatBufferError) -> Float {
    Float(bitPattern: try number(field, default: fallback.bitPattern))
  }

  func table(_ field: Int) throws(FlatBufferError) -> FlatTable? {
    guard let position = try position(field) else { return nil }
    return try FlatTable(buffer, at: try buffer.follow(position))
  }

  /// Where a vector's elements lie, and how many they are.
  private func vector(_ field: Int, elementSize: Int) throws(FlatBufferError) -> (
    start: Int, count: Int
  )? {
    guard let position = try position(field) else { return nil }
    let start = try buffer.follow(position)
    let count = try buffer.load(UInt32.self, at: start)
    guard Int64(count) * Int64(elementSize) <= Int64(buffer.bytes.count - start - 4) else {
      throw .outOfBounds(offset: start, byteCount: Int(clamping: count))
    }
    return (start + 4, Int(count))
  }

  /// The bytes of a vector of bytes or of a string, in place; empty where there is none.
  func bytes(_ field: Int) throws(FlatBufferError) -> UnsafeRawBufferPointer {
    guard let (start, count) = try vector(field, elementSize: 1) else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<start + count])
  }

  func string(_ field: Int) throws(FlatBufferError) -> String {
    let bytes = try bytes(field)
    try buffer.spend(bytes.count / 8, at: offset)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The elements of a vector of numbers.
  func numbers<Number: FixedWidthInteger & BitwiseCopyable>(
    _ field: Int, of type: Number.Type = Number.self
  ) throws(FlatBufferError) -> [Number] {
    let size = MemoryLayout<Number>.size
    guard let (start, count) = try vector(field, elementSize: size) else { return [] }
    try buffer.spend(count, at: start)
    var result: [Number] = []
    result.reserveCapacity(count)
    for index in 0..<count { result.append(try buffer.load(at: start + index * size)) }
    return result
  }

  func integers(_ field: Int) throws(FlatBufferError) -> [Int] {
    try numbers(field, of: Int32.self).map { Int($0) }
  }

  func floats(_ field: Int) throws(FlatBufferError) -> [Float] {
    try numbers(field, of: UInt32.self).map { Float(bitPattern: $0) }
  }

  /// The tables of a vector of tables.
  func tables(_ field: Int) throws(FlatBufferError) -> [FlatTable] {
    guard let (start, count) = try vector(field, elementSize: 4) else { return [] }
    try buffer.spend(count, at: start)
    var result: [FlatTable] = []
    result.reserveCapacity(count)
    for index in 0..<count {
      result.append(try FlatTable(buffer, at: try buffer.follow(start + 4 * index)))
    }
    return result
  }
}

extension FlatBufferError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .outOfBounds(let offset, let count):
      "byte \(offset): \(count) bytes reach past the end; the file is cut or corrupt"
    case .badTable(let offset): "byte \(offset): expected a table; the file is corrupt"
    case .tooLarge(let offset, let count):
      "byte \(offset): \(count) elements are more than such a file can hold"
    }
  }
}

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
      /// Something that was written before.
      case reference(Int)
    }

    var number: Int
    var value: Value

    static func byte(_ number: Int, _ value: UInt8) -> Field {
      Field(number: number, value: .byte(value))
    }
    static func int32(_ number: Int, _ value: Int) -> Field {
      Field(number: number, value: .int32(Int32(clamping: value)))
    }
    static func float(_ number: Int, _ value: Float) -> Field {
      Field(number: number, value: .float(value))
    }
    static func reference(_ number: Int, _ target: Int) -> Field {
      Field(number: number, value: .reference(target))
    }
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
    }
  }
}
