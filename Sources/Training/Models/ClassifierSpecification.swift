// SPDX-License-Identifier: Apache-2.0
import Architectures
public import Datasets
public import Network

/// Which classifier to build.
public struct ClassifierSpecification: Codable, Hashable, Sendable {
  /// The architectures, by their names in files and on the command line.
  public enum Architecture: String, Codable, CaseIterable, Sendable {
    case smallCNN = "small-cnn"
    case vgg16, resnet8
    case mobileNetV1 = "mobilenet-v1"
    case speedRun = "speed-run"
  }

  /// The architecture.
  public var architecture: Architecture
  /// Multiplies the channels of all layers; 1 where it is not given.
  public var width: Float?
  /// Whether VGG-16 normalises its batches.
  public var normalized: Bool?
  /// Units of VGG-16's two dense layers; 512 where it is not given.
  public var denseUnits: Int?

  /// Everything that is not given is as in the paper.
  public init(
    _ architecture: Architecture, width: Float? = nil, normalized: Bool? = nil,
    denseUnits: Int? = nil
  ) {
    self.architecture = architecture
    self.width = width
    self.normalized = normalized
    self.denseUnits = denseUnits
  }

  /// The graph for images of three channels.
  /// - Throws: `GraphError` when the images are too small.
  public func graph(
    height: Int, width imageWidth: Int, classCount: Int
  ) throws(GraphError) -> Graph {
    let factor = width ?? 1
    switch architecture {
    case .smallCNN:
      var builder = SmallCNN(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = max(1, Int((16 * factor).rounded()))
      return try builder.graph()
    case .vgg16:
      var builder = VGG16(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = factor
      builder.isNormalized = normalized ?? false
      builder.denseUnits = denseUnits ?? 512
      return try builder.graph()
    case .resnet8:
      var builder = ResNet8(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = factor
      return try builder.graph()
    case .mobileNetV1:
      var builder = MobileNetV1(
        imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = factor
      return try builder.graph()
    case .speedRun:
      var builder = SpeedRunNet(
        imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.widths = [64, 256, 256].map { max(8, Int((Float($0) * factor / 8).rounded()) * 8) }
      return try builder.graph()
    }
  }

  /// What is wrong with it, for people.
  public var problem: String? {
    if let width, !(width > 0 && width <= 8) {
      return "width \(width): expected more than 0, at most 8"
    }
    if let denseUnits, !(1...65536).contains(denseUnits) {
      return "denseUnits \(denseUnits): expected 1 to 65536"
    }
    return nil
  }

  /// The untrained classifier of these images, and the nodes that stay as they are.
  ///
  /// - Throws: `GraphError`, or `TrainingError.outOfMemory`.
  public func model(for images: Dataset, seed: UInt64) throws -> (Model, frozen: Set<Int>) {
    let model = try Model.untrained(
      .classifier,
      try graph(height: images.height, width: images.width, classCount: images.classCount),
      labels: images.classNames, seed: seed)
    return (model, model.whiten(on: images))
  }
}

extension Model {
  /// A model whose parameters are drawn by chance.
  package static func untrained(
    _ role: Role, _ graph: Graph, labels: [String], seed: UInt64
  ) throws(TrainingError) -> Model {
    guard let parameters = ParameterStore(graph) else {
      throw .outOfMemory(byteCount: graph.parameterByteCount)
    }
    parameters.initialize(seed: seed)
    return Model(role: role, graph: graph, parameters: parameters, labels: labels)
  }

  /// Sets the first layer of a speed-run network, which then stays as it is; gives its node.
  fileprivate func whiten(on images: Dataset) -> Set<Int> {
    guard let node = graph.index(ofNodeNamed: SpeedRunNet.whiteningNode),
      case .channelAffine(let normalization) = graph.nodes[1].operation
    else { return [] }
    Whitening.apply(
      to: parameters, node: node,
      normalization: (normalization.multiplier, normalization.shift), dataset: images)
    return [node]
  }
}

extension Graph {
  /// Of the parameters, in floats.
  fileprivate var parameterByteCount: Int {
    nodes.indices.reduce(0) { sum, node in
      sum + parameters(of: node).reduce(0) { $0 + $1.count } * MemoryLayout<Float>.stride
    }
  }
}
