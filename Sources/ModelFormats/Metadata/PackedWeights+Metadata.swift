// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// Packed weights as an entry of a .tflite file's metadata: little-endian words
///
///     version, lanes, registers, elements of a dot product and 2⁸ · of a reduction, offset, count
///     name's offset, name's bytes, weights' offset, weights' bytes      (for each entry)
///
/// then the names and the weights, at multiples of 64 from the start.
extension PackedWeights {
  package static let metadataName: StaticString = "OCELLI_PACKED_WEIGHTS"
  private static let version = 3
  private static let headerWords = 6
  private static let entryWords = 4

  /// - Parameter owner: what keeps `bytes` alive.
  /// - Returns: `nil` when another version of Ocelli packed them, in an order of its own.
  /// - Throws: `MetadataError.badPackedWeights` when an entry lies outside of `bytes`.
  package init?(reading bytes: UnsafeRawBufferPointer, owner: AnyObject?) throws(MetadataError) {
    func word(_ index: Int) -> Int {
      let value = bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
      return Int(UInt32(littleEndian: value))
    }
    func part(_ offset: Int, _ count: Int) throws(MetadataError) -> UnsafeRawBufferPointer {
      guard offset <= bytes.count, count <= bytes.count - offset else { throw .badPackedWeights }
      return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
    guard bytes.count >= 4 * Self.headerWords else { throw .badPackedWeights }
    guard word(0) == Self.version else { return nil }
    guard word(5) <= (bytes.count / 4 - Self.headerWords) / Self.entryWords else {
      throw .badPackedWeights
    }
    var entries: [Entry] = []
    for index in 0..<word(5) {
      let first = Self.headerWords + Self.entryWords * index
      let name = try part(word(first), word(first + 1))
      entries.append(
        Entry(
          node: String(decoding: name, as: UTF8.self),
          bytes: try part(word(first + 2), word(first + 3))))
    }
    self.init(
      layout: PackingLayout(
        lanes: word(1), registers: word(2), dotElements: word(3) & 0xFF,
        dotOffset: Int32(truncatingIfNeeded: word(4)), reductionElements: word(3) >> 8),
      entries: entries, owner: owner)
  }

  /// The entry's bytes.
  package func serialized() -> [UInt8] {
    var words = [
      Self.version, layout.lanes, layout.registers,
      layout.dotElements | layout.reductionElements << 8, Int(layout.dotOffset), entries.count,
    ]
    var names: [UInt8] = []
    let firstName = 4 * (Self.headerWords + Self.entryWords * entries.count)
    let namesCount = entries.reduce(0) { $0 + $1.node.utf8.count }
    func aligned(_ offset: Int) -> Int { (offset + 63) / 64 * 64 }
    var offset = aligned(firstName + namesCount)
    for entry in entries {
      words += [firstName + names.count, entry.node.utf8.count, offset, entry.bytes.count]
      names += Array(entry.node.utf8)
      offset = aligned(offset + entry.bytes.count)
    }
    var result: [UInt8] = []
    result.reserveCapacity(offset)
    for word in words {
      for byte in 0..<4 { result.append(UInt8(truncatingIfNeeded: word >> (8 * byte))) }
    }
    result += names
    for entry in entries {
      result += [UInt8](repeating: 0, count: aligned(result.count) - result.count)
      result += entry.bytes
    }
    return result
  }

  /// A .tflite file with these weights besides its own.
  /// - Parameter bytes: the file of the model that they are of.
  /// - Throws: `PackingError`, which says what is wrong with the file.
  public func added(toTFLite bytes: UnsafeRawBufferPointer) throws(PackingError) -> [UInt8] {
    if entries.isEmpty { throw .noIntegerLayers }
    var file: TFLiteFile
    let description: ModelDescription
    do throws(TFLiteError) { file = try TFLiteFile(reading: bytes) } catch { throw .file(error) }
    do throws(MetadataError) { description = try ModelDescription(reading: file, in: bytes) } catch
    { throw .metadata(error) }
    if let node = file.operators.first(where: { $0.code.isAboutExtents }) {
      throw .notCopied(node.code)
    }
    file.metadata.removeAll { Self.metadataName.equals($0.name.utf8) }
    return serialized().withUnsafeBytes { packed in
      file.metadata.append(TFLiteMetadata(name: Self.metadataName.text, data: packed))
      return description == ModelDescription()
        ? file.serialized() : file.serialized(describedBy: description)
    }
  }
}

/// Why a file cannot have packed weights.
public enum PackingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// All layers with weights compute in floats: quantise the model.
  case noIntegerLayers
  /// The file has an operator that is read, but not written: convert the model for batches of one.
  case notCopied(TFLiteCode)
  /// The file cannot be read.
  case file(TFLiteError)
  case metadata(MetadataError)

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .noIntegerLayers: "has no integer layers; `ocelli quantize` makes them"
    case .notCopied(let code): "its operator \(code.name) cannot be written again"
    case .file(let error): "\(error)"
    case .metadata(let error): "\(error)"
    }
  }
}

/// Files in a ZIP archive at the end of some bytes (PKWARE's APPNOTE 6.3): stored ones, of less
/// than 4 GB. Nothing is copied.
struct ZipArchive {
  private struct Entry {
    var name: UnsafeRawBufferPointer
    var isPlain: Bool
    var checksum: UInt32
    var byteCount: Int
    /// Where the file's own header starts.
    var header: Int
  }

  private let bytes: UnsafeRawBufferPointer
  private var entries: [Entry] = []

  private static let endSize = 22
  private static let directorySize = 46
  private static let headerSize = 30

  /// - Returns: `nil` where the bytes do not end in an archive.
  init?(_ bytes: UnsafeRawBufferPointer) throws(MetadataError) {
    self.bytes = bytes
    guard let end = try findEnd() else { return nil }
    let count = Int(try number(UInt16.self, at: end + 10))
    let directoryCount = Int64(try number(UInt32.self, at: end + 12))
    let directoryOffset = Int64(try number(UInt32.self, at: end + 16))
    // Offsets count from the archive's first byte, which need not be that of the file.
    let start = Int64(end) - directoryCount - directoryOffset
    guard start >= 0 else { throw .badArchive(offset: end) }
    var offset = Int(start + directoryOffset)
    for _ in 0..<count { entries.append(try entry(at: &offset, archive: start)) }
  }

  /// Where the record at the archive's end is: a comment may follow it.
  private func findEnd() throws(MetadataError) -> Int? {
    var offset = bytes.count - Self.endSize
    let last = max(0, offset - Int(UInt16.max))
    while offset >= last {
      if try number(UInt32.self, at: offset) == 0x0605_4B50,
        Int(try number(UInt16.self, at: offset + 20)) == bytes.count - offset - Self.endSize
      {
        return offset
      }
      offset -= 1
    }
    return nil
  }

  /// The entry of the directory at `offset`, which moves on to the next.
  private func entry(at offset: inout Int, archive: Int64) throws(MetadataError) -> Entry {
    guard try number(UInt32.self, at: offset) == 0x0201_4B50 else {
      throw .badArchive(offset: offset)
    }
    let nameCount = Int(try number(UInt16.self, at: offset + 28))
    let extraCount = Int(try number(UInt16.self, at: offset + 30))
    let commentCount = Int(try number(UInt16.self, at: offset + 32))
    let isEncrypted = try number(UInt16.self, at: offset + 8) & 1 != 0
    let method = try number(UInt16.self, at: offset + 10)
    let stored = try number(UInt32.self, at: offset + 20)
    let byteCount = try number(UInt32.self, at: offset + 24)
    let header = archive + Int64(try number(UInt32.self, at: offset + 42))
    let entry = Entry(
      name: try slice(offset + Self.directorySize, nameCount),
      isPlain: method == 0 && !isEncrypted && stored == byteCount,
      checksum: try number(UInt32.self, at: offset + 16), byteCount: Int(clamping: byteCount),
      header: Int(clamping: header))
    offset += Self.directorySize + nameCount + extraCount + commentCount
    return entry
  }

  /// The content of the file of this name; `nil` where there is none.
  func file(named name: String) throws(MetadataError) -> UnsafeRawBufferPointer? {
    for entry in entries where entry.name.elementsEqual(name.utf8) {
      guard entry.isPlain else { throw .compressedFile(name) }
      guard try number(UInt32.self, at: entry.header) == 0x0403_4B50 else {
        throw .badArchive(offset: entry.header)
      }
      let nameCount = Int(try number(UInt16.self, at: entry.header + 26))
      let extraCount = Int(try number(UInt16.self, at: entry.header + 28))
      let content = try slice(
        entry.header + Self.headerSize + nameCount + extraCount, entry.byteCount)
      guard Self.checksum(content) == entry.checksum else { throw .damagedFile(name) }
      return content
    }
    return nil
  }

  private func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, at offset: Int
  ) throws(MetadataError) -> Number {
    let bytes = try slice(offset, MemoryLayout<Number>.size)
    return Number(littleEndian: bytes.loadUnaligned(as: type))
  }

  private func slice(_ offset: Int, _ count: Int) throws(MetadataError) -> UnsafeRawBufferPointer {
    guard offset >= 0, count >= 0, count <= bytes.count, offset <= bytes.count - count else {
      throw .badArchive(offset: offset)
    }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  /// CRC-32 with the polynomial of ISO 3309.
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }

  /// Appends an archive of one stored file to `bytes`. Its offsets count from the first of `bytes`,
  /// as programs expect that open the whole as an archive.
  static func append(file content: [UInt8], named name: StaticString, to bytes: inout [UInt8]) {
    let start = bytes.count
    let nameCount = UInt16(name.utf8CodeUnitCount)
    func append<Number: FixedWidthInteger>(_ numbers: Number...) {
      for number in numbers {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    /// What both headers say; the day is the first of MS-DOS, so that equal models are equal bytes.
    func appendProperties() {
      append(UInt16(10), 0, 0)
      append(UInt32(0x0021_0000), checksum(content), UInt32(content.count), UInt32(content.count))
      append(nameCount, 0)
    }
    append(UInt32(0x0403_4B50))
    appendProperties()
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: content)
    let directory = bytes.count
    append(UInt32(0x0201_4B50))
    append(UInt16(10))
    appendProperties()
    // Comment, disk, attributes within and without.
    append(UInt16(0), 0, 0)
    append(UInt32(0), UInt32(start))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    let end = bytes.count
    append(UInt32(0x0605_4B50), 0)
    append(UInt16(1), 1)
    append(UInt32(end - directory), UInt32(directory))
    append(UInt16(0))
  }
}
