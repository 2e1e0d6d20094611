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
