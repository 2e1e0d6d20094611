// SPDX-License-Identifier: Apache-2.0

/// A model under construction: nodes, each with the elements of its parameters.
package struct ModelBuilder {
  /// The elements of one parameter.
  package enum Values {
    case floats([Float])
    case int8([Int8])
    case int32([Int32])
    /// Those of another model, which must be of the format that the new node declares.
    case copied(UnsafeRawBufferPointer)

    fileprivate func write(to bytes: UnsafeMutableRawBufferPointer) {
      switch self {
      case .floats(let values): values.withUnsafeBytes { bytes.copyMemory(from: $0) }
      case .int8(let values): values.withUnsafeBytes { bytes.copyMemory(from: $0) }
      case .int32(let values): values.withUnsafeBytes { bytes.copyMemory(from: $0) }
      case .copied(let source): bytes.copyMemory(from: source)
      }
    }
  }

  package var graph = Graph()
  /// In the order of each node's declarations.
  private var values: [[Values]] = []

  package init() {}

  /// Adds a node.
  /// - Precondition: `parameters` has the elements of each parameter that the operation declares.
  @discardableResult
  package mutating func add(
    _ name: String, _ operation: Operation, _ inputs: [Int] = [], format: ValueFormat = .float32,
    parameters: [Values] = []
  ) throws(GraphError) -> Int {
    let node = try graph.add(name, operation, inputs, format: format)
    values.append(parameters)
    return node
  }

  /// Adds a node with a copy of another model's parameters.
  @discardableResult
  package mutating func add(
    copyOf node: Int, in model: Model, _ operation: Operation? = nil, inputs: [Int]
  ) throws(GraphError) -> Int {
    try add(
      model.graph.nodes[node].name, operation ?? model.graph.nodes[node].operation, inputs,
      format: model.graph.formats[node],
      parameters: model.parameters.entries(of: node).map {
        .copied(UnsafeRawBufferPointer(model.parameters.bytes(of: $0)))
      })
  }

  /// The model, which says of itself what `original` says; `nil` when memory is out. Models whose
  /// parameters were copied must be alive.
  package func finished(like original: Model) -> Model? {
    guard let store = ParameterStore(graph) else { return nil }
    for (node, parameters) in values.enumerated() {
      for (entry, elements) in zip(store.entries(of: node), parameters) {
        elements.write(to: store.bytes(of: entry))
      }
    }
    return original.replacing(graph, store)
  }
}
