// SPDX-License-Identifier: Apache-2.0

extension GraphError {
  /// One line for people.
  public var message: String {
    switch self {
    case .unknownInput(let node, let input):
      "node '\(node)' reads node \(input), which does not come before it"
    case .duplicateName(let name): "two nodes are called '\(name)'"
    case .shape(let node, let operation, let error):
      "node '\(node)' (\(operation)): \(error.message)"
    case .format(let node, let operation, let format):
      "node '\(node)' (\(operation)) cannot make \(format.text) of its inputs"
    case .seam(let output, let input):
      "the first model makes images of \(output.text), the second takes \(input.text)"
    case .tooLarge(let node, let shape): "the output of node '\(node)' is too large: \(shape.text)"
    }
  }
}

extension ShapeError {
  var message: String {
    switch self {
    case .inputCount(let expected, let actual): "\(actual) inputs, expected \(expected)"
    case .mismatch(let extent, let expected, let actual):
      "\(extent) \(actual), expected \(expected)"
    case .notDivisible(let extent, let divisor, let actual):
      "\(extent) \(actual) is not a multiple of \(divisor)"
    case .emptyOutput(let height, let width):
      "nothing is left of an input of \(height)×\(width); use larger images or fewer stages"
    case .attributeOutOfRange(let extent, let actual): "\(extent) \(actual) is out of range"
    }
  }
}

extension ValueFormat {
  /// `float32`, `int8` or `uint8`.
  public var text: String {
    switch self {
    case .float32: "float32"
    case .int8: "int8"
    case .uint8: "uint8"
    }
  }
}

extension Shape {
  /// `height×width×channels`.
  public var text: String { "\(height)×\(width)×\(channels)" }
}
