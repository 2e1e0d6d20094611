// SPDX-License-Identifier: Apache-2.0

/// Why a file is not a .tflite model that can be read.
public enum TFLiteError: Error, Equatable, Sendable {
  /// The identifier `TFL3` is missing: it is another kind of file.
  case notTFLite
  /// The file is cut or corrupt: get it anew.
  case corrupt(FlatBufferError)
  /// An index leads nowhere: the file is corrupt.
  case badIndex(TFLitePlace, index: Int, count: Int)
  /// Something that every model has is missing: the file is not a whole model.
  case missing(TFLitePlace)
  /// The extents of a tensor are negative, or their product is beyond all use.
  case badShape(tensor: Int)
  /// A tensor's data are not as long as its shape and its type say: the file is corrupt.
  case wrongDataSize(tensor: Int, expected: Int, actual: Int)
  /// A tensor's data lie behind the FlatBuffer, as in files beyond 2 GB: convert it anew, smaller.
  case externalData(buffer: Int)
}

/// Where in a file something is wrong.
public enum TFLitePlace: Equatable, Sendable {
  case model, subgraph, operatorCode, operators, tensor, buffer, input, output, metadata
}

extension TFLiteError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .notTFLite: "is not a .tflite file: expected the identifier TFL3 at byte 4"
    case .corrupt(let error): error.description
    case .badIndex(let place, let index, let count):
      "refers to \(place) \(index) of \(count)"
    case .missing(let place): "has no \(place)"
    case .badShape(let tensor): "tensor \(tensor) has an impossible shape"
    case .wrongDataSize(let tensor, let expected, let actual):
      "tensor \(tensor) holds \(actual) bytes, its shape asks for \(expected)"
    case .externalData(let buffer):
      "buffer \(buffer) lies behind the model, as in files beyond 2 GB, which is not supported"
    }
  }
}
