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
  /// A number that it is given is outside of what is computed here.
  case attribute
}
