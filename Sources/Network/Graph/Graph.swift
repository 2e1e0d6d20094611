// SPDX-License-Identifier: Apache-2.0

/// One operation, its name and the nodes whose outputs it reads. A node has one output, known by
/// the node's index.
public struct Node: Equatable, Sendable {
  public var name: String
  public var operation: Operation
  public var inputs: [Int]
}

/// Operations and their edges, without any data. Nodes stand in an order in which each comes after
/// its inputs.
public struct Graph: Equatable, Sendable {
  public private(set) var nodes: [Node] = []
  /// The shape of each node's output.
  public private(set) var shapes: [Shape] = []
  /// What the elements of each node's output are.
  public private(set) var formats: [ValueFormat] = []
  /// The nodes that the graph is run for, where they are named; else it is the last one.
  private var namedOutputs: [Int] = []

  public init() {}

  /// Adds a node and gives its index.
  /// - Parameter format: what the node's output is to be; its operation must have arithmetic for
  ///   it.
  /// - Throws: `GraphError` naming the node when its inputs do not exist or do not fit, or its name
  ///   is taken.
  @discardableResult
  public mutating func add(
    _ name: String, _ operation: Operation, _ inputs: [Int] = [], format: ValueFormat = .float32
  ) throws(GraphError) -> Int {
    for input in inputs where !nodes.indices.contains(input) {
      throw .unknownInput(node: name, input: input)
    }
    if index(ofNodeNamed: name) != nil { throw .duplicateName(name) }
    let shape: Shape
    do throws(ShapeError) {
      shape = try operation.outputShape(inputs.map { shapes[$0] })
    } catch { throw .shape(node: name, operation: operation.name, error) }
    guard operation.supports(inputs.map { formats[$0] }, format) else {
      throw .format(node: name, operation: operation.name, format)
    }
    let parameters = operation.parameters(inputs.map { shapes[$0] }, format)
    guard shape.checkedElementCount != nil, parameters.allSatisfy({ $0.isAddressable }) else {
      throw .tooLarge(node: name, shape)
    }
    nodes.append(Node(name: name, operation: operation, inputs: inputs))
    shapes.append(shape)
    formats.append(format)
    return nodes.count - 1
  }

  /// The nodes that the graph is run for, in the order of the model's outputs.
  public var outputs: [Int] { namedOutputs.isEmpty ? [nodes.count - 1] : namedOutputs }

  /// The first of the outputs.
  public var output: Int { outputs[0] }

  /// The nodes that data is written to, in order.
  public var inputs: [Int] {
    nodes.indices.filter { if case .input = nodes[$0].operation { true } else { false } }
  }

  /// Names what the graph is run for, where that is not its last node alone.
  /// - Throws: `GraphError.unknownInput` when there is no such node.
  public mutating func setOutputs(_ outputs: [Int]) throws(GraphError) {
    for output in outputs where !nodes.indices.contains(output) {
      throw .unknownInput(node: "output", input: output)
    }
    namedOutputs = outputs == [nodes.count - 1] ? [] : outputs
  }

  /// The shape of the first node: what an image is written to.
  public var inputShape: Shape { shapes[0] }
  /// The shape of the first output.
  public var outputShape: Shape { shapes[output] }

  public func index(ofNodeNamed name: String) -> Int? {
    nodes.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// The nodes that read each node's output, in order.
  package var consumers: [[Int]] {
    var result = [[Int]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs where result[input].last != index { result[input].append(index) }
    }
    return result
  }

  /// Whether the node's output lies among the parameters.
  package func isConstant(_ node: Int) -> Bool {
    if case .constant = nodes[node].operation { true } else { false }
  }

  package func inputShapes(of node: Int) -> [Shape] { nodes[node].inputs.map { shapes[$0] } }

  /// The parameters of one node, in its layer's order.
  public func parameters(of node: Int) -> [ParameterDeclaration] {
    nodes[node].operation.parameters(inputShapes(of: node), formats[node])
  }

  /// Multiply-accumulates of one example in one node.
  public func multiplyAccumulates(of node: Int) -> Int64 {
    nodes[node].operation.multiplyAccumulates(inputShapes(of: node), shapes[node])
  }

  /// Multiply-accumulates of one example.
  public var multiplyAccumulates: Int64 {
    nodes.indices.reduce(0) { $0 + multiplyAccumulates(of: $1) }
  }

  /// The number of values that gradient descent may change, but for those of frozen nodes.
  public func learntParameterCount(frozen: Set<Int> = []) -> Int {
    nodes.indices.reduce(0) { sum, node in
      guard !frozen.contains(node) else { return sum }
      return sum + parameters(of: node).reduce(0) { $0 + ($1.role.isLearnt ? $1.count : 0) }
    }
  }

  /// The graph that feeds this graph's output to `next`'s input. Names get the prefixes, so that
  /// each half's nodes and parameters can still be told apart.
  public func followed(
    by next: Graph, prefixes: (String, String)
  ) throws(GraphError) -> Graph {
    var result = Graph()
    for (node, format) in zip(nodes, formats) {
      try result.add(prefixes.0 + node.name, node.operation, node.inputs, format: format)
    }
    try result.setOutputs(try result.append(next, prefix: prefixes.1, readingFrom: output))
    return result
  }

  /// Adds the nodes of `next`, whose input is then the output of the node `seam`; gives the places
  /// of its outputs.
  mutating func append(
    _ next: Graph, prefix: String, readingFrom seam: Int
  ) throws(GraphError) -> [Int] {
    let offset = nodes.count - 1
    if let shape = next.shapes.first, shape != shapes[seam] {
      throw .seam(output: shapes[seam], input: shape)
    }
    for (node, format) in zip(next.nodes, next.formats).dropFirst() {
      try add(
        prefix + node.name, node.operation, node.inputs.map { $0 == 0 ? seam : $0 + offset },
        format: format)
    }
    return next.outputs.map { $0 + offset }
  }
}

/// Why a graph cannot be built.
public enum GraphError: Error, Equatable, Sendable {
  /// The node reads a node that does not exist (yet): add its inputs first.
  case unknownInput(node: String, input: Int)
  /// Two nodes would share a name: rename one.
  case duplicateName(String)
  /// The node's inputs do not fit its operation.
  case shape(node: String, operation: String, ShapeError)
  /// The operation has no arithmetic for this format, or not from its inputs' formats: put a
  /// `quantize` or `dequantize` between, or give it a format that it has.
  case format(node: String, operation: String, ValueFormat)
  /// The output of the first graph is not what the second takes: resize one of them.
  case seam(output: Shape, input: Shape)
  /// The node's output or parameters have more elements than memory can address.
  case tooLarge(node: String, Shape)
}
