// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// A generic small classifier: stages of two normalised 3×3 convolutions and a 2×2 max-pool, then a
/// global average.
public struct SmallCNN: Equatable, Sendable {
  /// Rows of the images.
  public var imageHeight: Int
  /// Columns of the images.
  public var imageWidth: Int
  /// Classes that are told apart.
  public var classCount: Int
  /// Channels of the first stage; they double at each.
  public var width = 16
  /// Stages, each of half the sides of the one before.
  public var stageCount = 3
  /// How the input is normalised, in the graph.
  public var normalization = InputNormalization(mean: [0.5], deviation: [0.25])

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
    for stage in 0..<stageCount {
      for index in 1...2 {
        node = try graph.normalizedConvolution(
          "convolution" + decimal(stage + 1) + "_" + decimal(index), node, channels: width << stage,
          kernel: 3)
      }
      if stage < stageCount - 1 { node = try graph.maxPool("pool" + decimal(stage + 1), node) }
    }
    node = try graph.add("average", .globalAverage(GlobalAverageLayer()), [node])
    _ = try graph.dense("logits", node, units: classCount, initialization: .uniformFanIn)
    return graph
  }
}
