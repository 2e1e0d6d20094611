// SPDX-License-Identifier: Apache-2.0

/// Why a model cannot be written as a .tflite file.
public enum TFLiteExportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// TensorFlow Lite has no operator for it: lower the model first, or change the architecture.
  case unsupported(node: String, operation: String)

  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .unsupported(let node, let operation):
      "node '\(node)': TensorFlow Lite has no operator for this \(operation)"
    }
  }
}
