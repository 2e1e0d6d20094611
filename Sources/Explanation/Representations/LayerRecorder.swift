// SPDX-License-Identifier: Apache-2.0
public import Kernels
public import Network

/// What the layers of a model make of an image.
public final class LayerRecorder {
  /// A node whose output is kept.
  public struct Layer: Sendable {
    /// The node's name.
    public let name: String
    /// Of its output.
    public let shape: Shape
    fileprivate let node: Int
  }

  /// What a layer gave: pixel by pixel, channels innermost.
  public struct Answer: Sendable {
    /// The layer that answered.
    public let layer: Layer
    /// height × width × channels numbers.
    public let values: [Float]

    /// One channel's map.
    public func channel(_ channel: Int) -> [Float] {
      stride(from: channel, to: values.count, by: layer.shape.channels).map { values[$0] }
    }
  }

  /// The recorded layers, in the order in which they were named, else in that of the graph.
  public let layers: [Layer]
  private let session: Session

  /// - Parameters:
  ///   - model: a classifier in floats.
  ///   - names: of layers; `nil` for all whose output another layer reads as it is, and the logits.
  public init(
    _ model: Model, layers names: [String]? = nil, _ pool: ThreadPool
  ) throws(ExplanationError) {
    let graph = model.graph
    guard graph.formats.allSatisfy({ $0 == .float32 }) else { throw .integers }
    let nodes = try names?.map { name throws(ExplanationError) in
      guard let node = graph.index(ofNodeNamed: name) else { throw .unknownLayer(name) }
      guard !graph.isConstant(node) else { throw .unusableLayer(name) }
      return node
    }
    layers = (nodes ?? graph.representations).map {
      Layer(name: graph.nodes[$0].name, shape: graph.shapes[$0], node: $0)
    }
    let plan = Plan.inference(
      graph, batch: 1, threadCount: pool.threadCount, keptValues: layers.map(\.node))
    guard let session = Session(plan, model.parameters, pool) else {
      throw .outOfMemory(byteCount: plan.arenaByteCount)
    }
    self.session = session
  }

  /// - Parameter image: the input's height × width × channels numbers.
  public func answers(to image: [Float]) -> [Answer] {
    session.setInput(image)
    session.run()
    return layers.map {
      Answer(layer: $0, values: session.value(of: $0.node).elements(ofImage: 0))
    }
  }
}

/// A layer's answers to a picture and to its enhanced version.
public struct ComparedLayer {
  /// To the picture as it is.
  public let before: LayerRecorder.Answer
  /// To the enhanced one, where there is an enhancer.
  public let after: LayerRecorder.Answer?
  /// How far the two are apart.
  public let distance: RepresentationDistance?

  init(_ before: LayerRecorder.Answer, _ after: LayerRecorder.Answer?) {
    self.before = before
    self.after = after
    distance = after.map {
      RepresentationDistance(before.values, $0.values, channels: before.layer.shape.channels)
    }
  }

  /// The channels from the one that changes most on; where nothing is compared, varies most.
  package var tellingChannels: [Int] {
    let weights = (0..<before.layer.shape.channels).map { channel in
      let map = before.channel(channel)
      if let other = after?.channel(channel) {
        return zip(map, other).reduce(Float(0)) { $0 + abs($1.1 - $1.0) }
      }
      let mean = map.reduce(0, +) / Float(map.count)
      return map.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    return weights.indices.sorted { (-weights[$0], $0) < (-weights[$1], $1) }
  }
}

extension Graph {
  /// The nodes up to the logits whose output is read as it is: not those before an activation or a
  /// normalisation, nor those that only move numbers.
  fileprivate var representations: [Int] {
    let reached = ancestors(of: logits).union([logits])
    let consumers = consumers
    return nodes.indices.filter { node in
      guard reached.contains(node) else { return false }
      let properties = nodes[node].operation.properties
      if properties.isSource || properties.movesElements { return false }
      let readers = consumers[node].filter(reached.contains)
      return readers.count != 1 || !nodes[readers[0]].operation.properties.refinesInput
    }
  }
}
