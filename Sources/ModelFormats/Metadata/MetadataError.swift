// SPDX-License-Identifier: Apache-2.0

/// What is wrong with the description of a model, or with the files that belong to it.
public enum MetadataError: Error, Equatable, Sendable {
  /// The entry TFLITE_METADATA is not of the schema M001: describe the model anew.
  case unknownSchema
  /// The description is cut or corrupt: get the file anew.
  case corrupt(FlatBufferError)
  /// Mean or deviation have not one number a channel, or a deviation is 0.
  case badNormalization
  /// The archive behind the model is cut or corrupt at this byte: get the file anew.
  case badArchive(offset: Int)
  /// The description names a file that the archive does not hold.
  case missingFile(String)
  /// The file in the archive is compressed or encrypted: pack it anew, stored.
  case compressedFile(String)
  /// The file in the archive does not have its checksum: get the model anew.
  case damagedFile(String)
  /// The packed weights are cut or corrupt: pack them anew.
  case badPackedWeights
}

extension MetadataError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .unknownSchema: "its metadata are not of the schema M001"
    case .corrupt(let error): "its metadata: \(error)"
    case .badNormalization:
      "its metadata normalise by numbers that do not fit the input's channels, or by 0"
    case .badArchive(let offset): "the archive behind the model is corrupt at byte \(offset)"
    case .missingFile(let name): "its metadata name the file '\(name)', which it does not hold"
    case .compressedFile(let name):
      "the file '\(name)' in it is compressed; pack it anew without compression"
    case .damagedFile(let name): "the file '\(name)' in it is damaged"
    case .badPackedWeights: "its packed weights are corrupt; pack them anew"
    }
  }
}
