// SPDX-License-Identifier: Apache-2.0
public import Network

/// Why a model cannot be quantised.
public enum QuantizationError: Error, Equatable, Sendable {
  /// It computes with integers already: give the float model that it was made from.
  case alreadyQuantized
  /// The operation has no form that compact models can have: change the architecture.
  case unsupported(node: String, operation: String)
  /// There is no such node: names are those that `ocelli model info` lists.
  case unknownNode(String)
  /// An activation of the float model is not a finite number: the model is broken, or its input is.
  case notFinite(node: String)
  /// Fake quantisation does not follow the node, so that nothing says what its integers would be.
  case notFakeQuantized(node: String)
  /// The parts do not fit together.
  case graph(GraphError)
  /// Memory is out.
  case outOfMemory
}

extension QuantizationError {
  /// One line for people; follows the file's name.
  public var message: String {
    switch self {
    case .alreadyQuantized: "is quantised already; expected a float model"
    case .unsupported(let node, let operation):
      "node '\(node)': \(operation) has no form that compact models can have"
    case .unknownNode(let name): "has no node '\(name)'; ocelli model info lists them"
    case .notFinite(let node): "node '\(node)' gives numbers that are not finite"
    case .graph(let error): error.message
    case .notFakeQuantized(let node): "node '\(node)': its output is not rounded to integers"
    case .outOfMemory: "no memory to quantise it"
    }
  }
}
