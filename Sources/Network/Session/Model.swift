// SPDX-License-Identifier: Apache-2.0

/// A graph with its parameters and what its user must know: what it is for, and what its outputs
/// mean.
public struct Model {
  /// The two roles that a model can play.
  public enum Role: Equatable, Sendable { case classifier, enhancer }

  public var role: Role
  public var graph: Graph
  public var parameters: ParameterStore
  /// The classes of a classifier, in the order of its outputs.
  public var labels: [String]
  /// How a picture becomes the input, and what the output of an enhancer stands for.
  public var preprocessing: Preprocessing
  /// What the file has of its weights in another order, besides.
  public var packedWeights: PackedWeights?

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

  /// Another graph, with its parameters, of which all else is true, too.
  package func replacing(_ graph: Graph, _ parameters: ParameterStore) -> Model {
    Model(
      role: role, graph: graph, parameters: parameters, labels: labels,
      preprocessing: preprocessing)
  }

  /// The nodes of a composed model start with the name of the half that they come from.
  public static let enhancerPrefix = "enhancer/"
  public static let classifierPrefix = "classifier/"

  /// The classifier behind the enhancer, as one model with a copy of both sets of parameters.
  /// - Throws: `GraphError.seam` when the enhancer's images are not what the classifier takes.
  /// - Returns: `nil` when memory is out.
  public static func composed(
    enhancer: Model, classifier: Model
  ) throws(GraphError) -> Model? {
    try composed(enhancer: enhancer, classifiers: [classifier])
  }

  /// Several classifiers side by side behind one enhancer. The outputs are the first one's; the
  /// nodes of the others start with `classifier2/`, `classifier3/` and so on.
  public static func composed(
    enhancer: Model, classifiers: [Model]
  ) throws(GraphError) -> Model? {
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
      parameters.copyParameters(
        from: classifier.parameters, prefix: prefix(ofClassifier: index))
    }
    return Model(
      role: .classifier, graph: graph, parameters: parameters, labels: first.labels,
      preprocessing: enhancer.preprocessing)
  }

  /// Of the classifier's nodes among several behind one enhancer, counted from 0.
  public static func prefix(ofClassifier index: Int) -> String {
    index == 0 ? classifierPrefix : "classifier" + String(index + 1) + "/"
  }

  /// The nodes of a processor and of the intermediate transformer behind it (Liu et al.,
  /// arXiv:1910.09185), which together are an enhancer.
  public static let processorPrefix = "processor/"
  public static let intermediateTransformerPrefix = "transformer/"

  /// The intermediate transformer behind the processor as one enhancer: what people see is the
  /// processor's image, what a classifier sees is the transformer's.
  /// - Returns: `nil` when memory is out.
  public static func chained(
    processor: Model, intermediateTransformer: Model
  ) throws(GraphError) -> Model? {
    let graph = try processor.graph.followed(
      by: intermediateTransformer.graph, prefixes: (processorPrefix, intermediateTransformerPrefix))
    guard let parameters = ParameterStore(graph) else { return nil }
    parameters.copyParameters(from: processor.parameters, prefix: processorPrefix)
    parameters.copyParameters(
      from: intermediateTransformer.parameters, prefix: intermediateTransformerPrefix)
    return Model(
      role: .enhancer, graph: graph, parameters: parameters,
      preprocessing: processor.preprocessing)
  }
}

extension Graph {
  /// The nodes whose names start with `prefix`.
  public func nodes(withPrefix prefix: String) -> Set<Int> {
    Set(nodes.indices.filter { nodes[$0].name.utf8.starts(with: prefix.utf8) })
  }
}
