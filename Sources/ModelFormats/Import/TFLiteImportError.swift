// SPDX-License-Identifier: Apache-2.0
public import Network

/// Why a .tflite model cannot be run here.
public enum TFLiteImportError: Error, Equatable, Sendable {
  /// The file is damaged, or not a model.
  case file(TFLiteError)
  /// What the file says about the model cannot be read.
  case metadata(MetadataError)
  /// Nothing here computes the operator: convert the model without it.
  case unsupportedOperator(TFLiteCode, customName: String, version: Int, node: Int)
  /// The operator is used in a way that nothing here computes.
  case unsupportedUse(TFLiteCode, node: Int, StaticProblem)
  /// The operator's inputs do not fit it: the file is wrong.
  case graph(TFLiteCode, node: Int, GraphError)
  /// The tensor's numbers are of a type that nothing here computes with: convert the model to int8,
  /// float32 or float16.
  case unsupportedType(TFLiteType, tensor: Int)
  /// The tensor's quantisation is not what its type asks for: the file is wrong.
  case badQuantization(tensor: Int)
  /// The tensor has more extents than a batch, height, width and channels: convert the model
  /// without it.
  case unsupportedRank(Int, tensor: Int)
  /// There is no memory for the parameters.
  case outOfMemory
}

/// What is unsupported or wrong about an operator.
public enum StaticProblem: Equatable, Sendable {
  /// Inputs or outputs are missing, or too many.
  case operandCount
  /// Weights, axes or paddings are computed by the model; they must be constants.
  case notConstant
  /// Its options are missing.
  case noOptions
  /// The activation that it applies to its output is not ReLU or ReLU6.
  case activation
  /// Weights in the shuffled format of old versions.
  case shuffledWeights
  /// Weights are not what the input's type asks for.
  case weightType
  /// More than four extents, or an extent in the batch's place that is no batch.
  case rank
  /// It is computed by an approximation; convert the model with the exact function.
  case approximation
  /// It works across the images of a batch.
  case acrossBatch
  /// The output's shape is not what the inputs give.
  case outputShape
  /// Weights or biases are missing, or are not of the size that its shape asks for.
  case parameterSize
  /// A number that it is given is outside of what is computed here.
  case attribute
}

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
    case .unsupportedRank(let rank, let tensor):
      "tensor \(tensor) has \(rank) extents; expected at most batch, height, width and channels"
    case .outOfMemory: "there is no memory for the model"
    }
  }
}

extension StaticProblem: CustomStringConvertible {
  /// One line; follows the operator.
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
    case .parameterSize: "its weights or biases do not have the size that its shape asks for"
    case .attribute: "one of its numbers is outside of what is supported"
    }
  }
}
