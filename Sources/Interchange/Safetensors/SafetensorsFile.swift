// SPDX-License-Identifier: Apache-2.0
import Platform
import Text

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
    } catch { throw SafetensorsError(path: path, error) }
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
  public func tensor(named name: String) -> SafetensorsTensor? { indices[name].map { tensors[$0] } }
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

  init(name: String, elementType: ElementType, shape: [Int], file: ReadableFile, range: Range<Int>)
  {
    (self.name, self.elementType, self.shape, self.file) = (name, elementType, shape, file)
    self.range = range
  }

  /// Bytes of its data.
  public var byteCount: Int { range.count }
  /// The product of its extents.
  public var elementCount: Int { range.count / elementType.byteCount }

  /// The stored bytes, at any alignment, for as long as `body` runs.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result { try body(UnsafeRawBufferPointer(rebasing: file.bytes[range])) }

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

/// A tensor to be written: row-major, little-endian.
public struct SafetensorsEntry {
  /// Unique in the file.
  public let name: String
  /// The type of the stored elements.
  public let elementType: ElementType
  /// Extents, the slowest axis first.
  public let shape: [Int]
  fileprivate let content: Content

  fileprivate enum Content {
    case floats([Float])
    case integers([Int32])
    case bytes(UnsafeRawBufferPointer)
  }

  /// - Precondition: `floats` has as many elements as `shape`.
  public init(name: String, shape: [Int], floats: [Float]) {
    precondition(shape.reduce(1, *) == floats.count, "shape and elements differ")
    self.name = name
    elementType = .float32
    self.shape = shape
    content = .floats(floats)
  }

  /// - Precondition: `integers` has as many elements as `shape`.
  public init(name: String, shape: [Int], integers: [Int32]) {
    precondition(shape.reduce(1, *) == integers.count, "shape and elements differ")
    self.name = name
    elementType = .int32
    self.shape = shape
    content = .integers(integers)
  }

  /// - Parameter bytes: must stay valid until the file is written.
  /// - Precondition: `bytes` has as many elements as `shape`.
  public init(name: String, elementType: ElementType, shape: [Int], bytes: UnsafeRawBufferPointer) {
    precondition(shape.reduce(elementType.byteCount, *) == bytes.count, "shape and bytes differ")
    (self.name, self.elementType, self.shape) = (name, elementType, shape)
    content = .bytes(bytes)
  }

  fileprivate var byteCount: Int { shape.reduce(elementType.byteCount, *) }
}

/// Writes safetensors files: the same tensors and metadata give the same bytes, in the order of the
/// reference implementation (widest element type first, then by name).
public enum SafetensorsWriter {
  /// Writes the file as a whole or not at all; a file that was there under the name is replaced.
  /// - Precondition: names differ from one another and from `__metadata__`.
  public static func write(
    _ entries: [SafetensorsEntry], metadata: [String: String] = [:], to path: String
  ) throws(SafetensorsError) {
    let sorted = self.sorted(entries)
    let header = Array(self.header(sorted, metadata: metadata).utf8)
    guard header.count <= SafetensorsHeader.byteCountLimit else {
      throw SafetensorsError(
        path: path,
        .headerTooLong(byteCount: UInt64(header.count), limit: SafetensorsHeader.byteCountLimit))
    }
    do throws(FileError) {
      let file = try AtomicFile(path)
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { length throws(FileError) in
        try file.write(length)
      }
      try file.write(header)
      for entry in sorted { try write(entry, to: file) }
      try file.commit()
    } catch { throw SafetensorsError(path: path, .file(error)) }
  }

  private static func write(_ entry: SafetensorsEntry, to file: AtomicFile) throws(FileError) {
    switch entry.content {
    case .bytes(let bytes): try file.write(bytes)
    case .floats(let floats): try file.write(elements: floats)
    case .integers(let integers): try file.write(elements: integers)
    }
  }

  private static func sorted(_ entries: [SafetensorsEntry]) -> [SafetensorsEntry] {
    let ranks = Dictionary(
      uniqueKeysWithValues: ElementType.allCases.reversed().enumerated().map { ($1, $0) })
    return entries.sorted { left, right in
      if left.elementType != right.elementType {
        return ranks[left.elementType, default: 0] < ranks[right.elementType, default: 0]
      }
      return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
  }

  /// The JSON, padded with spaces so that the data is aligned to 8 bytes.
  private static func header(_ entries: [SafetensorsEntry], metadata: [String: String]) -> String {
    var members: [JSONValue.Member] = []
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      let entries = sorted.map { JSONValue.Member(key: $0.key, value: .string($0.value)) }
      members.append(.init(key: "__metadata__", value: .object(entries)))
    }
    var end = 0
    for entry in entries {
      let begin = end
      end += entry.byteCount
      let fields: [JSONValue.Member] = [
        .init(key: "dtype", value: .string(entry.elementType.rawValue)),
        .init(key: "shape", value: .array(entry.shape.map { .integer($0) })),
        .init(key: "data_offsets", value: .array([.integer(begin), .integer(end)])),
      ]
      members.append(.init(key: entry.name, value: .object(fields)))
    }
    precondition(
      Set(members.map { Array($0.key.utf8) }).count == members.count,
      "two tensors of one file have one name")
    let text = JSONValue.object(members).text
    return text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
  }
}
