// SPDX-License-Identifier: Apache-2.0
import Kernels

/// One operation, its name and the nodes whose outputs it reads. A node has one output, known by
/// the node's index.
public struct Node: Equatable, Sendable {
  /// The name, which no other node of the graph has.
  public var name: String
  /// What it computes.
  public var operation: Operation
  /// The indices of the nodes whose outputs it reads, in the operation's order.
  public var inputs: [Int]
}

/// Operations and their edges, without any data. Nodes stand in an order in which each comes after
/// its inputs.
public struct Graph: Equatable, Sendable {
  /// The nodes.
  public private(set) var nodes: [Node] = []
  /// The shape of each node's output.
  public private(set) var shapes: [Shape] = []
  /// What the elements of each node's output are.
  public private(set) var formats: [ValueFormat] = []
  /// The nodes that the graph is run for, where they are named; else it is the last one.
  private var namedOutputs: [Int] = []

  /// A graph without nodes.
  public init() {}

  /// Adds a node and gives its index.
  /// - Parameter format: what the node's output is to be; its operation must have arithmetic for
  ///   it.
  /// - Throws: `GraphError` naming the node when its inputs do not exist or do not fit, or its name
  ///   is taken.
  @discardableResult public mutating func add(
    _ name: String, _ operation: Operation, _ inputs: [Int] = [], format: ValueFormat = .float32
  ) throws(GraphError) -> Int {
    for input in inputs where !nodes.indices.contains(input) {
      throw .unknownInput(node: name, input: input)
    }
    if index(ofNodeNamed: name) != nil { throw .duplicateName(name) }
    let shape: Shape
    do throws(ShapeError) { shape = try operation.outputShape(inputs.map { shapes[$0] }) } catch {
      throw .shape(node: name, operation: operation.name, error)
    }
    guard operation.supports(inputs.map { formats[$0] }, format) else {
      throw .format(node: name, operation: operation.name, format)
    }
    guard shape.checkedElementCount != nil else { throw .tooLarge(node: name, shape) }
    for parameter in operation.parameters(inputs.map { shapes[$0] }, format)
    where !parameter.isAddressable {
      throw .parameterTooLarge(node: name, parameter.role, dimensions: parameter.dimensions)
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

  /// The index of the node of a name; `nil` when there is none.
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

  /// The clamp (ReLU, ReLU6) behind each node that can apply it while it stores its output, which
  /// nothing else reads.
  package var fusibleClamps: [Int?] {
    let consumers = consumers
    return nodes.indices.map { index in
      guard nodes[index].operation.properties.fusesActivation, consumers[index].count == 1,
        !outputs.contains(index),
        case .activation(let layer) = nodes[consumers[index][0]].operation,
        layer.function == .relu || layer.function == .relu6
      else { return nil }
      return consumers[index][0]
    }
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

  /// Whether gradient descent can change the parameters of a role in a node: it is learnt, and the
  /// node's arithmetic has gradients.
  package func canTrain(_ role: ParameterRole, of node: Int) -> Bool {
    role.isLearnt && (formats[node] == .float32 || nodes[node].operation.hasIntegerGradients)
  }

  /// Whether gradient descent can change any parameter of a node.
  package func canTrain(_ node: Int) -> Bool {
    parameters(of: node).contains { canTrain($0.role, of: node) }
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
  public func followed(by next: Graph, prefixes: (String, String)) throws(GraphError) -> Graph {
    var result = Graph()
    for (node, format) in zip(nodes, formats) {
      try result.add(prefixes.0 + node.name, node.operation, node.inputs, format: format)
    }
    try result.setOutputs(try result.append(next, prefix: prefixes.1, readingFrom: output))
    return result
  }

  /// Adds the nodes of `next`, whose input is then the output of the node `seam`; gives the places
  /// of its outputs.
  mutating func append(_ next: Graph, prefix: String, readingFrom seam: Int) throws(GraphError)
    -> [Int]
  {
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
