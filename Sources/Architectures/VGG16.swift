// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// VGG-16, configuration D (Simonyan & Zisserman, arXiv:1409.1556): 13 convolutions of 3×3 in five
/// stages, and two dense layers of its user's size before the output.
public struct VGG16: Equatable, Sendable {
  /// Rows of the images, at least 32.
  public var imageHeight: Int
  /// Columns of the images, at least 32.
  public var imageWidth: Int
  /// Classes that are told apart.
  public var classCount: Int
  /// Multiplies the channels of all convolutions: 1 gives 64 to 512.
  public var width: Float = 1
  /// Units of the two dense layers.
  public var denseUnits = 512
  /// Batch normalisation after every convolution: trains from scratch far more reliably.
  public var isNormalized = false
  /// Of the inputs of the dense layers.
  public var dropoutRate: Float = 0.5
  /// How the input is normalised, in the graph.
  public var normalization = InputNormalization.imageNet

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
    for (stage, (depth, channels)) in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)].enumerated()
    {
      for index in 1...depth {
        let name = "convolution" + decimal(stage + 1) + "_" + decimal(index)
        let count = scaled(channels, by: width)
        node =
          isNormalized
          ? try graph.normalizedConvolution(name, node, channels: count, kernel: 3)
          : try graph.convolution(name, node, channels: count, kernel: 3, activation: .relu)
      }
      node = try graph.maxPool("pool" + decimal(stage + 1), node)
    }
    for index in 1...2 {
      let name = "dense" + decimal(index)
      node = try graph.dense(name, node, units: denseUnits, activation: .relu)
      if dropoutRate > 0 {
        node = try graph.add(name + "/dropout", .dropout(DropoutLayer(rate: dropoutRate)), [node])
      }
    }
    _ = try graph.dense("logits", node, units: classCount, initialization: .uniformFanIn)
    return graph
  }
}
