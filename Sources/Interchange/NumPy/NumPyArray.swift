// SPDX-License-Identifier: Apache-2.0
import Platform

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
  public let shape: [Int]
  public let elements: [Element]

  /// - Precondition: `elements` has as many elements as `shape`.
  public init(shape: [Int], elements: [Element]) {
    precondition(shape.reduce(1, *) == elements.count, "shape and elements differ")
    self.shape = shape
    self.elements = elements
  }

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
