// SPDX-License-Identifier: Apache-2.0

/// Why a graph cannot be built.
public enum GraphError: Error, Equatable, Sendable {
  /// The node reads a node that does not exist (yet): add its inputs first.
  case unknownInput(node: String, input: Int)
  /// Two nodes would share a name: rename one.
  case duplicateName(String)
  /// The node's inputs do not fit its operation.
  case shape(node: String, operation: String, ShapeError)
  /// The operation has no arithmetic for this format, not from its inputs' formats, or not with
  /// these attributes: put a conversion between, or give it a format that it has.
  case format(node: String, operation: String, ValueFormat)
  /// The output of the first graph is not what the second takes: resize one of them.
  case seam(output: Shape, input: Shape)
  /// The node's output has no elements, or more than memory can address.
  case tooLarge(node: String, Shape)
  /// A parameter of the node has more elements than memory can address.
  case parameterTooLarge(node: String, ParameterRole, dimensions: [Int])

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
    case .parameterTooLarge(let node, let role, let dimensions):
      "the \(role.name) of node '\(node)' are too large: "
        + dimensions.reduce("") { $0.isEmpty ? "\($1)" : $0 + "×\($1)" }
    }
  }
}

/// Why inputs do not fit an operation.
public enum ShapeError: Error, Equatable, Sendable {
  /// The operation takes another number of inputs: connect `expected`.
  case inputCount(expected: Int, actual: Int)
  /// All inputs must agree in this extent: make them agree.
  case mismatch(LayerAttribute, expected: Int, actual: Int)
  /// The extent is not a multiple of what divides it (groups): change one of them.
  case notDivisible(LayerAttribute, by: Int, actual: Int)
  /// The kernel, stride or crop leaves no output pixel: use a larger image or fewer stages.
  case emptyOutput(inputHeight: Int, inputWidth: Int)
  /// The integer is not one that the operation takes: correct it.
  case attributeOutOfRange(LayerAttribute, actual: Int)
  /// The real number is not one that the operation takes: correct it.
  case numberOutOfRange(LayerAttribute, actual: Float)

  /// One line for people, without the node.
  var message: String {
    switch self {
    case .inputCount(let expected, let actual): "\(actual) inputs, expected \(expected)"
    case .mismatch(let attribute, let expected, let actual):
      "\(attribute.name) \(actual), expected \(expected)"
    case .notDivisible(let attribute, let divisor, let actual):
      "\(attribute.name) \(actual) is not a multiple of \(divisor)"
    case .emptyOutput(let height, let width):
      "nothing is left of an input of \(height)×\(width); use larger images or fewer stages"
    case .attributeOutOfRange(let attribute, let actual):
      "\(attribute.name) \(actual) is out of range"
    case .numberOutOfRange(let attribute, _): "the \(attribute.name) is out of range"
    }
  }
}

/// What a `ShapeError` is about: an extent of a shape, or an attribute of a layer.
public enum LayerAttribute: Equatable, Sendable {
  case height, width, channels, elements
  case groups, kernel, kernelArea, stride, dilation, padding, scale, zeroPoint, rate, limit

  /// The word for it in messages.
  var name: String {
    switch self {
    case .height: "height"
    case .width: "width"
    case .channels: "channels"
    case .elements: "elements"
    case .groups: "groups"
    case .kernel: "kernel"
    case .kernelArea: "kernel area"
    case .stride: "stride"
    case .dilation: "dilation"
    case .padding: "padding"
    case .scale: "scale"
    case .zeroPoint: "zero point"
    case .rate: "rate"
    case .limit: "limit"
    }
  }
}
