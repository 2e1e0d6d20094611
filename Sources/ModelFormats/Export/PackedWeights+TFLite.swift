// SPDX-License-Identifier: Apache-2.0
public import Network

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
