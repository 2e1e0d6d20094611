// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// `own(a-b)`: an autoencoder of a encoding and b decoding layers without skip connections.
///
/// Each encoding layer is a 3×3 convolution and a 2×2 max-pool; each decoding layer enlarges and
/// convolves. Channels double from `width` on the way in and halve on the way out. Its bottleneck
/// blurs: that is what it is there to show.
public struct PlainAutoencoder: Equatable, Sendable {
  /// Rows of the images.
  public var imageHeight: Int
  /// Columns of the images.
  public var imageWidth: Int
  /// a, from 1 up: each halves the sides.
  public var encodingLayers: Int
  /// b, from 1 up: each doubles the sides.
  public var decodingLayers: Int
  /// Channels of the first encoding layer.
  public var width = 32

  /// For RGB images of this size.
  public init(imageHeight: Int, imageWidth: Int, encodingLayers: Int, decodingLayers: Int) {
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.encodingLayers = encodingLayers
    self.decodingLayers = decodingLayers
  }

  /// The network as a graph, without its parameters.
  /// - Throws: `GraphError` when the images are too small, or an option is out of range.
  public func graph() throws(GraphError) -> Graph {
    var graph = Graph()
    let image = try graph.input(height: imageHeight, width: imageWidth, channels: 3)
    let halvings = min(encodingLayers, decodingLayers)
    var node = try graph.padded(image, toMultipleOf: 1 << halvings)
    for layer in 0..<encodingLayers {
      let name = "encoder" + decimal(layer + 1)
      node = try graph.convolution(
        name, node, channels: width << layer, kernel: 3, activation: .relu)
      // A decoder of fewer layers can only undo as many halvings.
      if layer < decodingLayers { node = try graph.maxPool(name + "/pool", node) }
    }
    for layer in (0..<decodingLayers).reversed() {
      let name = "decoder" + decimal(layer + 1)
      if layer < halvings {
        node = try graph.add(name + "/enlarged", .resize(ResizeLayer(.nearest, factor: 2)), [node])
      }
      node =
        layer == 0
        ? try graph.convolution("logits", node, channels: 3, kernel: 3)
        : try graph.convolution(
          name, node, channels: width << (layer - 1), kernel: 3, activation: .relu)
    }
    node = try graph.cropped(node, to: graph.shapes[image])
    try graph.addHead(.sigmoid, image: image, output: node)
    return graph
  }
}
