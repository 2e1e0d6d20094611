// SPDX-License-Identifier: Apache-2.0

/// A graph with its parameters and what its user must know: what it is for, and what its outputs
/// mean.
public struct Model {
  /// The two roles that a model can play.
  public enum Role: Equatable, Sendable { case classifier, enhancer }

  /// What it is for.
  public var role: Role
  /// Its operations and their edges.
  public var graph: Graph
  /// The parameters of the graph.
  public var parameters: ParameterStore
  /// The classes of a classifier, in the order of its outputs.
  public var labels: [String]
  /// How a picture becomes the input, and what the output of an enhancer stands for.
  public var preprocessing: Preprocessing
  /// What the file has of its weights in another order, besides.
  public var packedWeights: PackedWeights?

  /// A model without packed weights.
  public init(
    role: Role, graph: Graph, parameters: ParameterStore, labels: [String] = [],
    preprocessing: Preprocessing = .unitRange
  ) {
    self.role = role
    self.graph = graph
    self.parameters = parameters
    self.labels = labels
    self.preprocessing = preprocessing
  }

  /// A copy with another graph and parameters; everything else is kept.
  package func replacing(_ graph: Graph, _ parameters: ParameterStore) -> Model {
    Model(
      role: role, graph: graph, parameters: parameters, labels: labels, preprocessing: preprocessing
    )
  }

  /// The names of a composed model's nodes start with this where they are the enhancer's.
  public static let enhancerPrefix = "enhancer/"
  /// The same of the classifier's nodes.
  public static let classifierPrefix = "classifier/"

  /// The classifier behind the enhancer, as one model with a copy of both sets of parameters.
  /// - Throws: `GraphError.seam` when the enhancer's images are not what the classifier takes.
  /// - Returns: `nil` when memory is out.
  public static func composed(enhancer: Model, classifier: Model) throws(GraphError) -> Model? {
    try composed(enhancer: enhancer, classifiers: [classifier])
  }

  /// Several classifiers side by side behind one enhancer. The outputs are the first one's; the
  /// nodes of the others start with `classifier2/`, `classifier3/` and so on.
  public static func composed(enhancer: Model, classifiers: [Model]) throws(GraphError) -> Model? {
    precondition(!classifiers.isEmpty, "an enhancer works for a classifier")
    let first = classifiers[0]
    var graph = try enhancer.graph.followed(
      by: first.graph, prefixes: (enhancerPrefix, classifierPrefix))
    let outputs = graph.outputs
    for (index, classifier) in classifiers.enumerated().dropFirst() {
      _ = try graph.append(
        classifier.graph, prefix: prefix(ofClassifier: index), readingFrom: enhancer.graph.output)
    }
    try graph.setOutputs(outputs)
    guard let parameters = ParameterStore(graph) else { return nil }
    parameters.copyParameters(from: enhancer.parameters, prefix: enhancerPrefix)
    for (index, classifier) in classifiers.enumerated() {
      parameters.copyParameters(from: classifier.parameters, prefix: prefix(ofClassifier: index))
    }
    return Model(
      role: .classifier, graph: graph, parameters: parameters, labels: first.labels,
      preprocessing: enhancer.preprocessing)
  }

  /// Of the classifier's nodes among several behind one enhancer, counted from 0.
  public static func prefix(ofClassifier index: Int) -> String {
    index == 0 ? classifierPrefix : "classifier" + String(index + 1) + "/"
  }

  /// The names of the nodes of a processor, which with an intermediate transformer behind it is an
  /// enhancer (Liu et al., arXiv:1910.09185), start with this.
  public static let processorPrefix = "processor/"
  /// The same of the intermediate transformer's nodes.
  public static let intermediateTransformerPrefix = "transformer/"

  /// The intermediate transformer behind the processor as one enhancer: what people see is the
  /// processor's image, what a classifier sees is the transformer's.
  /// - Returns: `nil` when memory is out.
  public static func chained(processor: Model, intermediateTransformer: Model) throws(GraphError)
    -> Model?
  {
    let graph = try processor.graph.followed(
      by: intermediateTransformer.graph, prefixes: (processorPrefix, intermediateTransformerPrefix))
    guard let parameters = ParameterStore(graph) else { return nil }
    parameters.copyParameters(from: processor.parameters, prefix: processorPrefix)
    parameters.copyParameters(
      from: intermediateTransformer.parameters, prefix: intermediateTransformerPrefix)
    return Model(
      role: .enhancer, graph: graph, parameters: parameters, preprocessing: processor.preprocessing)
  }
}

extension Graph {
  /// The nodes whose names start with `prefix`.
  public func nodes(withPrefix prefix: String) -> Set<Int> {
    Set(nodes.indices.filter { nodes[$0].name.utf8.starts(with: prefix.utf8) })
  }
}

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
  @discardableResult package mutating func add(
    _ name: String, _ operation: Operation, _ inputs: [Int] = [], format: ValueFormat = .float32,
    parameters: [Values] = []
  ) throws(GraphError) -> Int {
    let node = try graph.add(name, operation, inputs, format: format)
    values.append(parameters)
    return node
  }

  /// Adds a node with a copy of another model's parameters.
  @discardableResult package mutating func add(
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
