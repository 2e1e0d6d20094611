// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Platform
import Text

/// What stands before the data of a safetensors file: a length of 8 bytes, little-endian, and as
/// many bytes of JSON.
///
/// `{"__metadata__": {"key": "value", …}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets":
/// [0, 24]}, …}`
///
/// Checked in full, so that nothing that reads through a header can leave the file: no field is
/// missing or of another kind, no key stands twice, each span has the size that shape and type ask
/// for, and the spans cover the data without overlap and without holes. See
/// <https://huggingface.co/docs/safetensors>.
package struct SafetensorsHeader: Equatable, Sendable {
  package struct Tensor: Equatable, Sendable {
    package let name: String
    package let elementType: ElementType
    package let shape: [Int]
    /// Bytes from the start of the data.
    package let span: Range<Int>
  }

  package let metadata: [String: String]
  /// In the order of their data.
  package let tensors: [Tensor]
  /// Bytes from the start of the file.
  package let dataOffset: Int

  package static let byteCountLimit = 100_000_000

  package init(reading file: UnsafeRawBufferPointer) throws(SafetensorsError.Problem) {
    guard file.count >= 8 else { throw .tooShort(byteCount: file.count) }
    let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Self.byteCountLimit) else {
      throw .headerTooLong(byteCount: length, limit: Self.byteCountLimit)
    }
    dataOffset = 8 + Int(length)
    guard dataOffset <= file.count else {
      throw .headerTruncated(byteCount: length, available: file.count - 8)
    }
    let text = UnsafeRawBufferPointer(rebasing: file[8..<dataOffset])
    guard text.first == UInt8(ascii: "{") else { throw .headerNotObject }
    let members = try Self.members(text)
    metadata = try Self.metadata(members)
    var tensors: [Tensor] = []
    for member in members where member.key != "__metadata__" {
      tensors.append(try Self.tensor(member, dataByteCount: file.count - dataOffset))
    }
    // Only an empty tensor shares its first byte with another one, and it stands before it.
    tensors.sort {
      ($0.span.lowerBound, $0.span.upperBound) < ($1.span.lowerBound, $1.span.upperBound)
    }
    try Self.checkCoverage(tensors, dataByteCount: file.count - dataOffset)
    self.tensors = tensors
  }

  private static func members(_ text: UnsafeRawBufferPointer) throws(SafetensorsError.Problem)
    -> [JSONValue.Member]
  {
    do throws(JSONError) {
      guard case .object(let members) = try JSONReader.read(text) else {
        throw JSONError(offset: 0, expectation: .value)
      }
      return members
    } catch { throw .header(error.description) }
  }

  private static func metadata(_ members: [JSONValue.Member]) throws(SafetensorsError.Problem)
    -> [String: String]
  {
    guard let value = members.first(where: { $0.key == "__metadata__" })?.value else { return [:] }
    guard case .object(let entries) = value else { throw .metadata }
    var metadata: [String: String] = [:]
    for entry in entries {
      guard case .string(let text) = entry.value else { throw .metadata }
      metadata[entry.key] = text
    }
    return metadata
  }

  private static func tensor(_ member: JSONValue.Member, dataByteCount: Int) throws(SafetensorsError
    .Problem) -> Tensor
  {
    let name = member.key
    guard case .string(let spelling) = member.value["dtype"] else {
      throw .field(tensor: name, field: "dtype", expectation: "a string")
    }
    guard let elementType = ElementType(rawValue: spelling) else {
      throw .elementType(tensor: name, found: spelling)
    }
    guard let shape = naturalNumbers(member.value["shape"]) else {
      throw .field(tensor: name, field: "shape", expectation: "a list of whole numbers from 0 on")
    }
    guard let offsets = naturalNumbers(member.value["data_offsets"]), offsets.count == 2,
      offsets[0] <= offsets[1]
    else {
      throw .field(
        tensor: name, field: "data_offsets",
        expectation: "two whole numbers from 0 on, in ascending order")
    }
    guard offsets[1] <= dataByteCount else {
      throw .outOfRange(tensor: name, end: offsets[1], available: dataByteCount)
    }
    guard let byteCount = byteCount(of: shape, elementType) else { throw .overflow(tensor: name) }
    guard byteCount == offsets[1] - offsets[0] else {
      throw .size(tensor: name, expected: byteCount, found: offsets[1] - offsets[0])
    }
    return Tensor(name: name, elementType: elementType, shape: shape, span: offsets[0]..<offsets[1])
  }

  private static func naturalNumbers(_ value: JSONValue?) -> [Int]? {
    guard case .array(let elements) = value else { return nil }
    var numbers: [Int] = []
    for element in elements {
      guard case .integer(let number) = element, number >= 0 else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  /// The bytes that a tensor takes; `nil` when they are more than an `Int` counts.
  package static func byteCount(of shape: [Int], _ elementType: ElementType) -> Int? {
    var count = elementType.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      count = product
    }
    return count
  }

  private static func checkCoverage(_ tensors: [Tensor], dataByteCount: Int) throws(SafetensorsError
    .Problem)
  {
    var end = 0
    for tensor in tensors {
      let begin = tensor.span.lowerBound
      guard begin >= end else { throw .overlap(tensor: tensor.name, begin: begin, expected: end) }
      guard begin == end else { throw .hole(tensor: tensor.name, begin: begin, expected: end) }
      end = tensor.span.upperBound
    }
    guard end == dataByteCount else { throw .trailingBytes(end: end, available: dataByteCount) }
  }
}

extension SafetensorsError.Problem: Error {}

/// The type of the elements of a stored tensor, spelled as safetensors spells it.
public enum ElementType: String, CaseIterable, Sendable {
  // In the order of the reference implementation, which sorts the tensors of a file by it, last
  // first.
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case int16 = "I16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case float32 = "F32"
  case float64 = "F64"
  case int64 = "I64"

  /// Bytes of an element.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .int16, .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .float64, .int64: 8
    }
  }

  /// The elements in `bytes` (little-endian, any alignment) as floats; `target` has room for all of
  /// them.
  package func convert(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(target.count == bytes.count / byteCount, "one float for each element")
    switch self {
    case .float32: UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
    case .float64: convert(bytes, target) { Float(Double(bitPattern: $0)) }
    case .float16: convert(bytes, target) { HalfPrecision.widened($0) }
    case .bfloat16: convert(bytes, target) { Float(bitPattern: UInt32($0 as UInt16) << 16) }
    case .int8: convert(bytes, target) { Float($0 as Int8) }
    case .int16: convert(bytes, target) { Float($0 as Int16) }
    case .int32: convert(bytes, target) { Float($0 as Int32) }
    case .int64: convert(bytes, target) { Float($0 as Int64) }
    case .uint8: convert(bytes, target) { Float($0 as UInt8) }
    case .bool: convert(bytes, target) { $0 as UInt8 == 0 ? 0 : 1 }
    }
  }

  private func convert<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableBufferPointer<Float>,
    _ convert: (Stored) -> Float
  ) {
    for index in target.indices {
      let stored = bytes.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      target[index] = convert(Stored(littleEndian: stored))
    }
  }
}

/// A safetensors file that cannot be read or written: which one, where, and what was expected
/// there.
public struct SafetensorsError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let problem: Problem

  /// What was expected.
  public enum Problem: Equatable, Sendable {
    /// The operating system refused; `path` is that of the file asked for.
    case file(FileError)
    /// Not a safetensors file: it has no room for the length of a header.
    case tooShort(byteCount: Int)
    /// Most likely not a safetensors file: the limit is the format's own.
    case headerTooLong(byteCount: UInt64, limit: Int)
    /// The file is cut off: fetch it again.
    case headerTruncated(byteCount: UInt64, available: Int)
    /// The header does not start with `{`.
    case headerNotObject
    /// The header is not JSON; the text says what and where.
    case header(String)
    /// A value of `__metadata__` is not a string, or `__metadata__` is no object.
    case metadata
    /// A tensor lacks `dtype`, `shape` or `data_offsets`, or one of them is not of its form.
    case field(tensor: String, field: String, expectation: String)
    /// The element type is none that this package reads.
    case elementType(tensor: String, found: String)
    /// The extents multiply to more than can be addressed.
    case overflow(tensor: String)
    /// The tensor ends past the end of the file: fetch it again.
    case outOfRange(tensor: String, end: Int, available: Int)
    /// Shape and element type ask for another number of bytes than the offsets span.
    case size(tensor: String, expected: Int, found: Int)
    /// The tensor's first byte belongs to the tensor before it.
    case overlap(tensor: String, begin: Int, expected: Int)
    /// Bytes before the tensor belong to none.
    case hole(tensor: String, begin: Int, expected: Int)
    /// Bytes after the last tensor belong to none.
    case trailingBytes(end: Int, available: Int)
  }

  /// An error of the file at `path`.
  public init(path: String, _ problem: Problem) { (self.path, self.problem) = (path, problem) }

  /// One line, with the path.
  public var description: String {
    if case .file(let error) = problem { return error.description }
    return "\(path): \(problem.description)"
  }
}

extension SafetensorsError.Problem: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .file(let error): error.problem
    case .tooShort(let count):
      "expected at least 8 bytes, the length of a safetensors header; the file has \(count)"
    case .headerTooLong(let count, let limit):
      "header: expected a length of at most \(limit) bytes, found \(count); "
        + "is this a safetensors file?"
    case .headerTruncated(let count, let available):
      "header: expected \(count) bytes, the file has only \(available) behind the length"
    case .headerNotObject: "header: expected '{' as its first byte"
    case .header(let text): "header: \(text)"
    case .metadata: "header: expected __metadata__ to be an object of strings"
    case .field(let tensor, let field, let expectation):
      "tensor \"\(tensor)\": expected \(field) to be \(expectation)"
    case .elementType(let tensor, let found):
      "tensor \"\(tensor)\": element type \"\(found)\" is not supported; expected one of "
        + ElementType.allCases.map(\.rawValue).joined(separator: ", ")
    case .overflow(let tensor): "tensor \"\(tensor)\": its shape has too many elements"
    case .outOfRange(let tensor, let end, let available):
      "tensor \"\(tensor)\": ends at byte \(end) of the data, which has only \(available)"
    case .size(let tensor, let expected, let found):
      "tensor \"\(tensor)\": shape and type take \(expected) bytes, data_offsets span \(found)"
    case .overlap(let tensor, let begin, let expected):
      "tensor \"\(tensor)\": begins at byte \(begin) of the data, inside the tensor that ends at "
        + "\(expected)"
    case .hole(let tensor, let begin, let expected):
      "tensor \"\(tensor)\": begins at byte \(begin) of the data, expected \(expected): "
        + "bytes between tensors belong to none"
    case .trailingBytes(let end, let available):
      "data: the last tensor ends at byte \(end), the data at \(available)"
    }
  }
}
