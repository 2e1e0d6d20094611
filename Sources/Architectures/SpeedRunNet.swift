// SPDX-License-Identifier: Apache-2.0
public import Kernels
public import Network

/// A network for short training runs on 32×32 images, after airbench94 (Jordan, arXiv:2404.00498):
/// a fixed 2×2 whitening convolution, then three groups of [convolution, max-pool, normalisation,
/// GELU, convolution, normalisation, GELU], started as identities.
public struct SpeedRunNet: Equatable, Sendable {
  /// The node whose weights `whiten` sets: to be frozen while training.
  public static let whiteningNode = "whitening"

  /// Rows of the images.
  public var imageHeight: Int
  /// Columns of the images.
  public var imageWidth: Int
  /// Classes that are told apart.
  public var classCount: Int
  /// Channels of the three groups.
  public var widths = [64, 256, 256]
  /// The activation of all layers.
  public var activation = ActivationFunction.gelu
  /// How the input is normalised, in the graph.
  public var normalization = InputNormalization.cifar10

  /// For RGB images of this size.
  public init(imageHeight: Int, imageWidth: Int, classCount: Int) {
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.classCount = classCount
  }

  /// The network as a graph, without its parameters.
  /// - Throws: `GraphError` when the images are too small, or an option is out of range.
  public func graph() throws(GraphError) -> Graph {
    var graph = Graph()
    var node = try graph.input(height: imageHeight, width: imageWidth, channels: 3)
    node = try graph.normalizedInput(node, normalization)
    node = try graph.convolution(
      Self.whiteningNode, node, channels: 24, kernel: 2, padding: .valid, hasBias: false,
      initialization: .he, activation: activation)
    for (group, channels) in widths.enumerated() {
      let name = "group" + decimal(group + 1)
      node = try convolution(name + "/convolution1", node, channels, isPooled: true, &graph)
      node = try convolution(name + "/convolution2", node, channels, isPooled: false, &graph)
    }
    let side = min(graph.shapes[node].height, graph.shapes[node].width)
    node = try graph.maxPool("pool", node, side: side)
    node = try graph.dense(
      "dense", node, units: classCount, hasBias: false, initialization: .uniformFanIn)
    try graph.add(
      "logits", .channelAffine(ChannelAffineLayer(multiplier: [1.0 / 9], shift: [0])), [node])
    return graph
  }

  private func convolution(
    _ name: String, _ input: Int, _ channels: Int, isPooled: Bool, _ graph: inout Graph
  ) throws(GraphError) -> Int {
    var node = try graph.convolution(
      name, input, channels: channels, kernel: 3, hasBias: false, initialization: .dirac)
    if isPooled { node = try graph.maxPool(name + "/pool", node) }
    node = try graph.add(
      name + "/normalization",
      .batchNormalization(BatchNormalizationLayer(epsilon: 1e-5, momentum: 0.4)), [node])
    return try graph.activation(name + "/activation", node, activation)
  }
}
