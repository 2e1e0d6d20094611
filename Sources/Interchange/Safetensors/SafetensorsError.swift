// SPDX-License-Identifier: Apache-2.0
public import Platform

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
  public init(path: String, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }

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
