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
    let graph = try enhancer.graph.followed(
      by: classifier.graph, prefixes: (enhancerPrefix, classifierPrefix))
    guard let parameters = ParameterStore(graph) else { return nil }
    parameters.copyParameters(from: enhancer.parameters, prefix: enhancerPrefix)
    parameters.copyParameters(from: classifier.parameters, prefix: classifierPrefix)
    return Model(
      role: .classifier, graph: graph, parameters: parameters, labels: classifier.labels,
      preprocessing: enhancer.preprocessing)
  }
}

extension Graph {
  /// The nodes whose names start with `prefix`.
  public func nodes(withPrefix prefix: String) -> Set<Int> {
    Set(nodes.indices.filter { nodes[$0].name.utf8.starts(with: prefix.utf8) })
  }
}
