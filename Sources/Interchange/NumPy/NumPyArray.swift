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
    self.shape = shape
    self.elements = elements
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
      try elements.withUnsafeBufferPointer { elements throws(FileError) in
        try file.write(UnsafeRawBufferPointer(elements))
      }
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
