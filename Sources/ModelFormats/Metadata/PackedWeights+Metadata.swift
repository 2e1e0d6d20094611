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
  package init?(
    reading bytes: UnsafeRawBufferPointer, owner: AnyObject?
  ) throws(MetadataError) {
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
}

extension PackedWeights {
  /// A .tflite file with these weights besides its own.
  ///
  /// - Parameter bytes: the file of the model that they are of.
  /// - Throws: `PackingError`, which says what is wrong with the file.
  public func added(
    toTFLite bytes: UnsafeRawBufferPointer
  ) throws(PackingError) -> [UInt8] {
    if entries.isEmpty { throw .noIntegerLayers }
    var file: TFLiteFile
    let description: ModelDescription
    do throws(TFLiteError) { file = try TFLiteFile(reading: bytes) } catch { throw .file(error) }
    do throws(MetadataError) {
      description = try ModelDescription(reading: file, in: bytes)
    } catch { throw .metadata(error) }
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
public enum PackingError: Error, Equatable, Sendable {
  /// All layers with weights compute in floats: quantise the model.
  case noIntegerLayers
  /// The file has an operator that is read, but not written: convert the model for batches of one.
  case notCopied(TFLiteCode)
  /// The file cannot be read.
  case file(TFLiteError)
  case metadata(MetadataError)
}

extension PackingError: CustomStringConvertible {
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
