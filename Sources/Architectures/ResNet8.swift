// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// The ResNet-8 of MLPerf Tiny's image classification benchmark: three residual stages of 16, 32
/// and 64 channels.
public struct ResNet8: Equatable, Sendable {
  /// Rows of the images.
  public var imageHeight: Int
  /// Columns of the images.
  public var imageWidth: Int
  /// Classes that are told apart.
  public var classCount: Int
  /// Multiplies the channels.
  public var width: Float = 1
  /// How the input is normalised, in the graph.
  public var normalization = InputNormalization(mean: [0], deviation: [1.0 / 255])

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
    node = try graph.normalizedConvolution("stem", node, channels: channels(16), kernel: 3)
    for (stage, count) in [16, 32, 64].enumerated() {
      node = try block(
        "stage" + decimal(stage + 1), node, channels(count), stride: stage == 0 ? 1 : 2, &graph)
    }
    node = try graph.add("average", .globalAverage(GlobalAverageLayer()), [node])
    _ = try graph.dense("logits", node, units: classCount, initialization: .uniformFanIn)
    return graph
  }

  private func channels(_ count: Int) -> Int { scaled(count, by: width) }

  private func block(
    _ name: String, _ input: Int, _ channels: Int, stride: Int, _ graph: inout Graph
  ) throws(GraphError) -> Int {
    let first = try graph.normalizedConvolution(
      name + "/convolution1", input, channels: channels, kernel: 3, stride: stride)
    let second = try graph.normalizedConvolution(
      name + "/convolution2", first, channels: channels, kernel: 3, activation: nil)
    let shortcut =
      stride == 1
      ? input
      : try graph.convolution(
        name + "/shortcut", input, channels: channels, kernel: 1, stride: stride)
    let sum = try graph.add(name + "/sum", .addition(AdditionLayer()), [shortcut, second])
    return try graph.activation(name + "/activation", sum, .relu)
  }
}
