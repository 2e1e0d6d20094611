// SPDX-License-Identifier: Apache-2.0
import Network

extension TFLiteImportError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .metadata(let error): error.description
    case .unsupportedOperator(let code, let customName, let version, let node):
      "operator \(node) is \(customName.isEmpty ? code.name : "the custom '\(customName)'") "
        + "version \(version), which is not supported; convert the model without it"
    case .unsupportedUse(let code, let node, let problem):
      "operator \(node) (\(code.name)): \(problem.description)"
    case .graph(let code, let node, let error):
      node < 0
        ? "an input cannot be used: \(error.message)"
        : "operator \(node) (\(code.name)) does not fit its inputs: \(error.message)"
    case .unsupportedType(let type, let tensor):
      "tensor \(tensor) holds \(type.name); expected a model of int8, float32 or float16"
    case .badQuantization(let tensor):
      "tensor \(tensor) has scales or zero points that its type does not allow"
    case .outOfMemory: "there is no memory for the model"
    }
  }
}

extension StaticProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .operandCount: "inputs or outputs are missing, or too many"
    case .notConstant: "weights, axes and paddings must be constants in the file"
    case .noOptions: "its options are missing"
    case .activation: "it ends in an activation that is not ReLU or ReLU6"
    case .shuffledWeights: "its weights are in the shuffled format of old versions"
    case .weightType: "its weights are not of the type that its input asks for"
    case .rank: "it has more extents than height, width and channels"
    case .approximation: "it is the approximation by tanh; convert the model with the exact GELU"
    case .acrossBatch: "it works across the images of a batch"
    case .outputShape: "its output does not have the shape that its inputs give"
    case .attribute: "one of its numbers is outside of what is supported"
    }
  }
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

extension FlatBufferError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .outOfBounds(let offset, let count):
      "byte \(offset): \(count) bytes reach past the end; the file is cut or corrupt"
    case .badTable(let offset): "byte \(offset): expected a table; the file is corrupt"
    case .tooLarge(let offset, let count):
      "byte \(offset): \(count) elements are more than such a file can hold"
    }
  }
}
