// SPDX-License-Identifier: Apache-2.0
public import Platform

/// An .npy file that cannot be read or written: which one, and what was expected.
public struct NumPyError: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  public let problem: Problem

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

  public init(path: String, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }

  public var description: String {
    if case .file(let error) = problem { return error.description }
    return "\(path): \(problem.description)"
  }
}

extension NumPyError.Problem: CustomStringConvertible {
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
