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
    self.buffer = buffer
    self.offset = offset
    self.fields = fields
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
  private func vector(
    _ field: Int, elementSize: Int
  ) throws(FlatBufferError) -> (start: Int, count: Int)? {
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
