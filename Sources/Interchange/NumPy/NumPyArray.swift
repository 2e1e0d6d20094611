// SPDX-License-Identifier: Apache-2.0
public import Platform

/// A type whose arrays .npy files hold.
public protocol NumPyElement: BitwiseCopyable {
  /// As NumPy's `dtype.str` spells it: byte order, kind, bytes.
  static var numPyType: String { get }
}

extension Float: NumPyElement { public static var numPyType: String { "<f4" } }
extension Int8: NumPyElement { public static var numPyType: String { "|i1" } }
extension UInt8: NumPyElement { public static var numPyType: String { "|u1" } }
extension Int32: NumPyElement { public static var numPyType: String { "<i4" } }
extension Int64: NumPyElement { public static var numPyType: String { "<i8" } }

/// An array in NumPy's .npy format (NEP 1), row-major.
public struct NumPyArray<Element: NumPyElement & Equatable & Sendable>: Equatable, Sendable {
  /// Extents, the slowest axis first.
  public let shape: [Int]
  /// Row by row: the last axis is the fastest.
  public let elements: [Element]

  /// - Precondition: `elements` has as many elements as `shape`.
  public init(shape: [Int], elements: [Element]) {
    precondition(shape.reduce(1, *) == elements.count, "shape and elements differ")
    (self.shape, self.elements) = (shape, elements)
  }

  /// Reads a file of elements of this type, in C order.
  public init(_ path: String) throws(NumPyError) {
    let file: ReadableFile
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw NumPyError(path: path, .file(error))
    }
    do throws(NumPyError.Problem) { self = try NumPyArray(reading: file.bytes) } catch {
      throw NumPyError(path: path, error)
    }
  }

  package init(reading file: UnsafeRawBufferPointer) throws(NumPyError.Problem) {
    let header = try NumPyHeader(reading: file)
    guard header.elementType == Element.numPyType else {
      throw .elementType(found: header.elementType, expected: Element.numPyType)
    }
    guard !header.isColumnMajor else { throw .columnMajor }
    var byteCount = MemoryLayout<Element>.size
    for extent in header.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      if overflow { throw .overflow }
      byteCount = product
    }
    let data = UnsafeRawBufferPointer(rebasing: file[header.byteCount...])
    guard data.count == byteCount else { throw .size(expected: byteCount, found: data.count) }
    shape = header.shape
    let count = byteCount / MemoryLayout<Element>.size
    elements = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(from: data)
      initializedCount = count
    }
  }

  /// Writes the file as a whole or not at all.
  public func write(to path: String) throws(NumPyError) {
    do throws(FileError) {
      let file = try AtomicFile(path)
      try file.write(NumPyHeader.bytes(elementType: Element.numPyType, shape: shape))
      try file.write(elements: elements)
      try file.commit()
    } catch { throw NumPyError(path: path, .file(error)) }
  }
}

/// An .npy file that cannot be read or written: which one, and what was expected.
public struct NumPyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let problem: Problem

  /// What was expected.
  public enum Problem: Error, Equatable, Sendable {
    case file(FileError)
    /// The file does not start as .npy files do.
    case signature
    /// Versions 1 to 3 of the format exist.
    case version(UInt8)
    /// The file ends inside its header.
    case headerTruncated(byteCount: Int, available: Int)
    /// The header is not the dictionary of the format; `offset` counts from the start of the file.
    case header(offset: Int, expectation: String)
    /// The elements are of another type than the caller can use, or big-endian.
    case elementType(found: String, expected: String)
    /// The array is stored column by column: save `np.ascontiguousarray(array)`.
    case columnMajor
    /// The shape multiplies to more than can be addressed.
    case overflow
    /// The data is shorter or longer than the shape asks for.
    case size(expected: Int, found: Int)
  }

  /// An error of the file at `path`.
  public init(path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

  /// One line, with the path.
  public var description: String {
    if case .file(let error) = problem { return error.description }
    return "\(path): \(problem.description)"
  }
}

extension NumPyError.Problem: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .signature: "expected the signature of an .npy file, \\x93NUMPY and a version"
    case .version(let found): "expected version 1, 2 or 3 of the .npy format, found \(found)"
    case .headerTruncated(let count, let available):
      "expected a header of \(count) bytes, the file has only \(available)"
    case .header(let offset, let expectation): "byte \(offset): expected \(expectation)"
    case .elementType(let found, let expected):
      "element type '\(found)' is not supported here; expected '\(expected)'"
    case .columnMajor: "expected an array in C order, found Fortran order"
    case .overflow: "its shape has too many elements"
    case .size(let expected, let found):
      "expected \(expected) bytes of data for its shape, found \(found)"
    }
  }
}

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
      default: throw .header(offset: start, expectation: "'descr', 'fortran_order' or 'shape'")
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
    guard offset == end else { throw .header(offset: offset, expectation: "the end of the header") }
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
