// SPDX-License-Identifier: Apache-2.0

/// The header of an .npy file: signature, version, length, and a Python dictionary such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
struct NumPyHeader {
  private(set) var elementType = ""
  private(set) var isColumnMajor = false
  private(set) var shape: [Int] = []
  /// Bytes from the start of the file to the data.
  let byteCount: Int

  private static let signature: [UInt8] = [0x93] + Array("NUMPY".utf8)

  init(reading file: UnsafeRawBufferPointer) throws(NumPyError.Problem) {
    guard file.count >= 10, file.prefix(6).elementsEqual(Self.signature) else { throw .signature }
    let version = file[6]
    guard (1...3).contains(version) else { throw .version(version) }
    let start = version == 1 ? 10 : 12
    guard file.count >= start else {
      throw .headerTruncated(byteCount: start, available: file.count)
    }
    let length = (8..<start).reversed().reduce(0) { $0 << 8 | Int(file[$1]) }
    byteCount = start + length
    guard byteCount <= file.count else {
      throw .headerTruncated(byteCount: byteCount, available: file.count)
    }
    var parser = Parser(bytes: file, offset: start, end: byteCount)
    try parse(&parser)
  }

  private mutating func parse(_ parser: inout Parser) throws(NumPyError.Problem) {
    try parser.expect("{")
    var keys: Set<String> = []
    while !parser.take("}") {
      let start = parser.offset
      let key = try parser.string()
      guard keys.insert(key).inserted else {
        throw .header(offset: start, expectation: "each key once")
      }
      try parser.expect(":")
      switch key {
      case "descr": elementType = try parser.string()
      case "fortran_order": isColumnMajor = try parser.boolean()
      case "shape": shape = try parser.tuple()
      default:
        throw .header(offset: start, expectation: "'descr', 'fortran_order' or 'shape'")
      }
      if !parser.take(",") {
        try parser.expect("}")
        break
      }
    }
    guard keys.count == 3 else {
      throw .header(offset: parser.offset, expectation: "'descr', 'fortran_order' and 'shape'")
    }
    try parser.expectEnd()
  }

  /// What NumPy itself writes, to the byte: room for a longer first extent, and data aligned to 64
  /// bytes.
  static func bytes(elementType: String, shape: [Int]) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(elementType)', 'fortran_order': False, 'shape': (\(extents)), }"
    if let first = shape.first {
      text += String(repeating: " ", count: max(0, 21 - String(first).utf8.count))
    }
    text += String(repeating: " ", count: 64 - (10 + text.utf8.count + 1) % 64) + "\n"
    let count = text.utf8.count
    return signature + [1, 0, UInt8(count & 0xFF), UInt8(count >> 8 & 0xFF)] + Array(text.utf8)
  }
}

/// The few literals of Python that stand in such a header.
private struct Parser {
  let bytes: UnsafeRawBufferPointer
  var offset: Int
  let end: Int

  private mutating func skipSpace() {
    while offset < end, bytes[offset] == 0x20 || bytes[offset] == 0x0A { offset += 1 }
  }

  mutating func take(_ text: StaticString) -> Bool {
    skipSpace()
    let count = text.utf8CodeUnitCount
    guard offset + count <= end,
      text.withUTF8Buffer({ $0.elementsEqual(bytes[offset..<offset + count]) })
    else { return false }
    offset += count
    return true
  }

  mutating func expect(_ text: StaticString) throws(NumPyError.Problem) {
    guard take(text) else { throw .header(offset: offset, expectation: "'\(text)'") }
  }

  mutating func expectEnd() throws(NumPyError.Problem) {
    skipSpace()
    guard offset == end else {
      throw .header(offset: offset, expectation: "the end of the header")
    }
  }

  mutating func string() throws(NumPyError.Problem) -> String {
    let quote: UInt8 = take("\"") ? UInt8(ascii: "\"") : UInt8(ascii: "'")
    if quote == UInt8(ascii: "'") { try expect("'") }
    let start = offset
    while offset < end, bytes[offset] != quote, bytes[offset] >= 0x20, bytes[offset] < 0x7F {
      offset += 1
    }
    guard offset < end, bytes[offset] == quote else {
      throw .header(offset: start, expectation: "a string of ASCII characters in quotes")
    }
    offset += 1
    return String(decoding: bytes[start..<offset - 1], as: UTF8.self)
  }

  mutating func boolean() throws(NumPyError.Problem) -> Bool {
    if take("True") { return true }
    guard take("False") else { throw .header(offset: offset, expectation: "True or False") }
    return false
  }

  mutating func tuple() throws(NumPyError.Problem) -> [Int] {
    try expect("(")
    var numbers: [Int] = []
    while !take(")") {
      numbers.append(try number())
      if !take(",") {
        try expect(")")
        break
      }
    }
    return numbers
  }

  private mutating func number() throws(NumPyError.Problem) -> Int {
    skipSpace()
    let start = offset
    while offset < end, (0x30...0x39).contains(bytes[offset]) { offset += 1 }
    guard let number = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
      throw .header(offset: start, expectation: "a whole number")
    }
    return number
  }
}
