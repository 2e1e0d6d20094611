// SPDX-License-Identifier: Apache-2.0
extension TFLiteExportError: CustomStringConvertible {
  /// One line; follows the file's name.
  public var description: String {
    switch self {
    case .unsupported(let node, let operation):
      "node '\(node)': TensorFlow Lite has no operator for this \(operation)"
    }
  }
}
