// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Text

/// Reads one JSON text (RFC 8259), strictly: duplicate keys, bad UTF-8 and anything behind the
/// value are errors.
package struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private static let depthLimit = 64

  package static func read(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    var reader = JSONReader(bytes: bytes)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.offset == bytes.count else { throw reader.error(.endOfText) }
    return value
  }

  package static func read(_ text: String) throws(JSONError) -> JSONValue {
    try Array(text.utf8).withUnsafeBufferPointer { bytes throws(JSONError) in
      try read(UnsafeRawBufferPointer(bytes))
    }
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private func error(_ expectation: JSONError.Expectation) -> JSONError {
    JSONError(offset: offset, expectation: expectation)
  }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
      offset += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(character.value) else { return false }
    offset += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.depthLimit else { throw error(.depth(atMost: Self.depthLimit)) }
    skipSpace()
    guard let byte = next else { throw error(.value) }
    switch Unicode.Scalar(byte) {
    case "{": return try object(depth: depth)
    case "[": return try array(depth: depth)
    case "\"": return .string(try string())
    case "t": return try word("true", .boolean(true))
    case "f": return try word("false", .boolean(false))
    case "n": return try word("null", .null)
    case "-", "0"..."9": return try number()
    default: throw error(.value)
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError)
    -> JSONValue
  {
    let end = offset + word.utf8CodeUnitCount
    guard end <= bytes.count, word.withUTF8Buffer({ $0.elementsEqual(bytes[offset..<end]) }) else {
      throw error(.value)
    }
    offset = end
    return value
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    offset += 1
    skipSpace()
    if take("]") { return .array([]) }
    var elements: [JSONValue] = []
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw error(.commaOrEnd) }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    offset += 1
    skipSpace()
    if take("}") { return .object([]) }
    var members: [JSONValue.Member] = []
    var keys: Set<[UInt8]> = []
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error(.key) }
      let start = offset
      let key = try string()
      // As bytes: strings that are equal in Unicode's eyes may still be two keys.
      guard keys.insert(Array(key.utf8)).inserted else {
        throw JSONError(offset: start, expectation: .uniqueKey(key))
      }
      skipSpace()
      guard take(":") else { throw error(.colon) }
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw error(.commaOrEnd) }
    }
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = offset
    _ = take("-")
    if !take("0") { try digits(from: start) }
    var isInteger = true
    if take(".") {
      isInteger = false
      try digits(from: start)
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try digits(from: start)
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw JSONError(offset: start, expectation: .number)
    }
    return .number(value)
  }

  private mutating func digits(from start: Int) throws(JSONError) {
    let first = offset
    while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
    guard offset > first else { throw JSONError(offset: start, expectation: .number) }
  }

  private mutating func string() throws(JSONError) -> String {
    let start = offset
    offset += 1
    var content: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        guard let text = String(validating: content, as: UTF8.self) else {
          throw JSONError(offset: start, expectation: .validUTF8)
        }
        return text
      case UInt8(ascii: "\\"): try content.append(contentsOf: escape())
      case 0..<0x20: throw error(.stringEnd)
      default:
        content.append(byte)
        offset += 1
      }
    }
    throw error(.stringEnd)
  }

  private mutating func escape() throws(JSONError) -> [UInt8] {
    let start = offset
    offset += 1
    guard let letter = next else { throw error(.stringEnd) }
    offset += 1
    switch Unicode.Scalar(letter) {
    case "\"", "\\", "/": return [letter]
    case "b": return [0x08]
    case "f": return [0x0C]
    case "n": return [0x0A]
    case "r": return [0x0D]
    case "t": return [0x09]
    case "u":
      var units = [try hexadecimalUnit(from: start)]
      // A high surrogate is half a character: the other half follows as an escape of its own.
      if UTF16.isLeadSurrogate(units[0]), take("\\"), take("u") {
        units.append(try hexadecimalUnit(from: start))
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw JSONError(offset: start, expectation: .escape)
      }
      return Array(text.utf8)
    default: throw JSONError(offset: start, expectation: .escape)
    }
  }

  private mutating func hexadecimalUnit(from start: Int) throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw JSONError(offset: start, expectation: .escape)
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }
}

/// Text that is not JSON, or not JSON that can be trusted.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Expectation: Equatable, Sendable {
    case value, commaOrEnd, colon, key, endOfText, stringEnd, escape, validUTF8, number
    /// The key of an object occurs twice.
    case uniqueKey(String)
    /// Arrays and objects stand in one another deeper than this.
    case depth(atMost: Int)
  }

  /// Bytes from the start of the text.
  package let offset: Int
  package let expectation: Expectation

  package var description: String {
    let text =
      switch expectation {
      case .value: "expected a value"
      case .commaOrEnd: "expected ',' or the closing bracket"
      case .colon: "expected ':'"
      case .key: "expected a key in double quotes"
      case .endOfText: "expected the end"
      case .stringEnd: "expected the closing '\"' of a string"
      case .escape: "expected an escape that JSON has"
      case .validUTF8: "expected valid UTF-8"
      case .number: "expected a number that JSON has and a Double holds"
      case .uniqueKey(let key): "key \"\(key)\" stands twice in one object"
      case .depth(let limit): "expected at most \(limit) levels of nesting"
      }
    return "byte \(offset): \(text)"
  }
}

extension Encodable {
  /// What files and `--json` have of one result: indented, the same bytes for the same content.
  package func json() throws -> String { try text([.sortedKeys, .prettyPrinted]) }

  /// The same in one line.
  package func jsonLine() throws -> String { try text(.sortedKeys) }

  private func text(_ formatting: JSONEncoder.OutputFormatting) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union(.withoutEscapingSlashes)
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
