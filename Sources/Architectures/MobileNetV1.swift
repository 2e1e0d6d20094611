// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// MobileNetV1 (Howard et al., arXiv:1704.04861): depthwise 3×3 and pointwise 1×1 convolutions in
/// turn.
public struct MobileNetV1: Equatable, Sendable {
  /// Rows of the images.
  public var imageHeight: Int
  /// Columns of the images.
  public var imageWidth: Int
  /// Classes that are told apart.
  public var classCount: Int
  /// Multiplies the channels: the paper's α.
  public var width: Float = 1
  /// How the input is normalised, in the graph.
  public var normalization = InputNormalization(mean: [0.5], deviation: [0.5])

  /// For RGB images of this size.
  public init(imageHeight: Int, imageWidth: Int, classCount: Int) {
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.classCount = classCount
  }

  /// Channels after each pair of layers and the stride of its depthwise convolution.
  private static let stages = [
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1),
    (512, 1), (512, 1), (1024, 2), (1024, 1),
  ]

  /// The network as a graph, without its parameters.
  /// - Throws: `GraphError` when the images are too small, or an option is out of range.
  public func graph() throws(GraphError) -> Graph {
    var graph = Graph()
    var node = try graph.input(height: imageHeight, width: imageWidth, channels: 3)
    node = try graph.normalizedInput(node, normalization)
    var channels = scaled(32, by: width)
    node = try graph.normalizedConvolution(
      "stem", node, channels: channels, kernel: 3, stride: 2, activation: .relu6)
    for (index, (count, stride)) in Self.stages.enumerated() {
      let name = "block" + decimal(index + 1)
      node = try graph.normalizedConvolution(
        name + "/depthwise", node, channels: channels, kernel: 3, stride: stride, groups: channels,
        activation: .relu6)
      channels = scaled(count, by: width)
      node = try graph.normalizedConvolution(
        name + "/pointwise", node, channels: channels, kernel: 1, activation: .relu6)
    }
    node = try graph.add("average", .globalAverage(GlobalAverageLayer()), [node])
    _ = try graph.dense("logits", node, units: classCount, initialization: .uniformFanIn)
    return graph
  }
}
