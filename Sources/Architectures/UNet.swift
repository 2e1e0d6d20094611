// SPDX-License-Identifier: Apache-2.0
import Kernels
public import Network

/// The last layer of an enhancer.
public enum EnhancerHead: Equatable, Sendable {
  /// σ(f): the image anew.
  case sigmoid
  /// clamp(x + ε · tanh(f), 0, 1): the image, moved by at most ε a pixel; the identity at the
  /// start.
  case boundedResidual(limit: Float)
  /// clamp(x + f, 0, 1): the image, moved without a limit; the identity at the start.
  case residual
}

/// A U-Net (Ronneberger et al., arXiv:1505.04597) with padded convolutions, from images to images.
///
/// Sides that are not multiples of 2^depth are padded by reflection and cropped again at the end.
public struct UNet: Equatable, Sendable {
  /// How a level is brought to the size of the one above.
  public enum Upsampling: Equatable, Sendable {
    /// A transposed 2×2 convolution of stride 2, as in the paper.
    case transposedConvolution
    /// Enlargement, then a 3×3 convolution: without checkerboard patterns.
    case nearest, bilinear
  }

  /// Rows of the images.
  public var imageHeight: Int
  /// Columns of the images.
  public var imageWidth: Int
  /// Channels at full resolution; they double at each level.
  public var width = 64
  /// Levels below full resolution.
  public var depth = 4
  /// The last layer.
  public var head = EnhancerHead.sigmoid
  /// How levels are enlarged.
  public var upsampling = Upsampling.transposedConvolution

  /// For RGB images of this size.
  public init(imageHeight: Int, imageWidth: Int) {
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
  }

  /// The network as a graph, without its parameters.
  /// - Throws: `GraphError` when the images are too small, or an option is out of range.
  public func graph() throws(GraphError) -> Graph {
    var graph = Graph()
    let image = try graph.input(height: imageHeight, width: imageWidth, channels: 3)
    var node = try graph.padded(image, toMultipleOf: 1 << depth)
    var skips: [Int] = []
    for level in 0..<depth {
      node = try stage("encoder" + decimal(level + 1), node, width << level, &graph)
      skips.append(node)
      node = try graph.maxPool("pool" + decimal(level + 1), node)
    }
    node = try stage("bottom", node, width << depth, &graph)
    for level in (0..<depth).reversed() {
      let name = "decoder" + decimal(level + 1)
      let up = try upsampled(name, node, width << level, &graph)
      let both = try graph.add(
        name + "/concatenation", .concatenation(ConcatenationLayer()), [skips[level], up])
      node = try stage(name, both, width << level, &graph)
    }
    node = try graph.convolution(
      "logits", node, channels: 3, kernel: 1, initialization: head == .sigmoid ? .he : .constant(0))
    node = try graph.cropped(node, to: graph.shapes[image])
    try graph.addHead(head, image: image, output: node)
    return graph
  }

  private func stage(
    _ name: String, _ input: Int, _ channels: Int, _ graph: inout Graph
  ) throws(GraphError) -> Int {
    let first = try graph.convolution(
      name + "/convolution1", input, channels: channels, kernel: 3, activation: .relu)
    return try graph.convolution(
      name + "/convolution2", first, channels: channels, kernel: 3, activation: .relu)
  }

  private func upsampled(
    _ name: String, _ input: Int, _ channels: Int, _ graph: inout Graph
  ) throws(GraphError) -> Int {
    if upsampling == .transposedConvolution {
      let layer = TransposedConvolutionLayer(outputChannels: channels, window: Window(2, stride: 2))
      return try graph.add(name + "/up", .transposedConvolution(layer), [input])
    }
    let interpolation: ResizeLayer.Interpolation = upsampling == .nearest ? .nearest : .bilinear
    let enlarged = try graph.add(
      name + "/enlarged", .resize(ResizeLayer(interpolation, factor: 2)), [input])
    return try graph.convolution(name + "/up", enlarged, channels: channels, kernel: 3)
  }
}

extension Graph {
  /// Ends an enhancer: the node before the head, whose output a loss on logits reads, is the head's
  /// last input.
  mutating func addHead(_ head: EnhancerHead, image: Int, output: Int) throws(GraphError) {
    switch head {
    case .sigmoid: _ = try activation("enhanced", output, .sigmoid)
    case .boundedResidual(let limit):
      try add("enhanced", .boundedResidual(BoundedResidualLayer(limit: limit)), [image, output])
    case .residual: try add("enhanced", .boundedResidual(BoundedResidualLayer()), [image, output])
    }
  }
}

/// How enhancers that halve and double their images take sides of any length.
extension Graph {
  /// The image with its mirror image around it, so that both sides are multiples of `multiple`;
  /// the image itself where they are already.
  mutating func padded(_ image: Int, toMultipleOf multiple: Int) throws(GraphError) -> Int {
    let shape = shapes[image]
    let vertical = (multiple - shape.height % multiple) % multiple
    let horizontal = (multiple - shape.width % multiple) % multiple
    if vertical == 0 && horizontal == 0 { return image }
    let layer = PaddingLayer(
      top: vertical / 2, bottom: vertical - vertical / 2, left: horizontal / 2,
      right: horizontal - horizontal / 2, mode: .reflect)
    return try add("padding", .padding(layer), [image])
  }

  /// The middle of a padded image, of the height and width of `shape`.
  mutating func cropped(_ node: Int, to shape: Shape) throws(GraphError) -> Int {
    let padded = shapes[node]
    let (vertical, horizontal) = (padded.height - shape.height, padded.width - shape.width)
    if vertical == 0 && horizontal == 0 { return node }
    let layer = CroppingLayer(
      top: vertical / 2, left: horizontal / 2, height: shape.height, width: shape.width)
    return try add("cropping", .cropping(layer), [node])
  }
}
