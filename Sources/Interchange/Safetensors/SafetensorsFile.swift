// SPDX-License-Identifier: Apache-2.0
import Platform

/// An open safetensors file. Its header has been checked in full; the data of a tensor is read when
/// asked for.
public struct SafetensorsFile: Sendable {
  /// Where the file is.
  public let path: String
  /// What the writer noted beside the tensors.
  public let metadata: [String: String]
  /// In the order of their data.
  public let tensors: [SafetensorsTensor]
  private let indices: [String: Int]

  /// Opens a file and checks its header; data stay on disk.
  public init(_ path: String) throws(SafetensorsError) {
    let file: ReadableFile
    let header: SafetensorsHeader
    do throws(FileError) { file = try ReadableFile(path: path, access: .mapped) } catch {
      throw SafetensorsError(path: path, .file(error))
    }
    do throws(SafetensorsError.Problem) {
      header = try SafetensorsHeader(reading: file.bytes)
    } catch {
      throw SafetensorsError(path: path, error)
    }
    self.path = path
    metadata = header.metadata
    tensors = header.tensors.map {
      SafetensorsTensor(
        name: $0.name, elementType: $0.elementType, shape: $0.shape, file: file,
        range: header.dataOffset + $0.span.lowerBound..<header.dataOffset + $0.span.upperBound)
    }
    var indices: [String: Int] = [:]
    for (index, tensor) in tensors.enumerated() { indices[tensor.name] = index }
    self.indices = indices
  }

  /// The tensor of this name; `nil` where there is none.
  public func tensor(named name: String) -> SafetensorsTensor? {
    indices[name].map { tensors[$0] }
  }
}

/// A tensor in a file: row-major, little-endian.
public struct SafetensorsTensor: Sendable {
  /// Unique in the file.
  public let name: String
  /// The type of the stored elements.
  public let elementType: ElementType
  /// Extents, the slowest axis first.
  public let shape: [Int]
  private let file: ReadableFile
  private let range: Range<Int>

  init(
    name: String, elementType: ElementType, shape: [Int], file: ReadableFile, range: Range<Int>
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.file = file
    self.range = range
  }

  /// Bytes of its data.
  public var byteCount: Int { range.count }
  /// The product of its extents.
  public var elementCount: Int { range.count / elementType.byteCount }

  /// The stored bytes, at any alignment, for as long as `body` runs.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: file.bytes[range]))
  }

  /// The elements as floats, whatever their stored type; 64-bit types are rounded.
  public func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: elementCount) { buffer, count in
      count = elementCount
      copyFloats(into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Writes the elements as floats into `target`, which has room for `elementCount`.
  public func copyFloats(into target: UnsafeMutableBufferPointer<Float>) {
    withBytes { elementType.convert($0, into: target) }
  }
}
