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
    (self.architecture, self.width, self.normalized) = (architecture, width, normalized)
    self.denseUnits = denseUnits
  }

  /// The graph for images of three channels.
  /// - Throws: `GraphError` when the images are too small.
  public func graph(height: Int, width imageWidth: Int, classCount: Int) throws(GraphError) -> Graph
  {
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
      var builder = MobileNetV1(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
      builder.width = factor
      return try builder.graph()
    case .speedRun:
      var builder = SpeedRunNet(imageHeight: height, imageWidth: imageWidth, classCount: classCount)
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
      to: parameters, node: node, normalization: (normalization.multiplier, normalization.shift),
      dataset: images)
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

/// Which enhancer to build.
public struct EnhancerSpecification: Codable, Hashable, Sendable {
  /// How a U-Net enlarges.
  public enum Upsampling: String, Codable, CaseIterable, Sendable {
    case transposed, nearest, bilinear
  }

  /// `unet`, or `own(a-b)`: a plain autoencoder of a encoding and b decoding layers, 1 to 6 of
  /// each.
  public var architecture: String
  /// Channels at full resolution.
  public var width: Int
  /// Levels of a U-Net below full resolution; 3 where it is not given.
  public var depth: Int?
  /// `sigmoid`, where it is not given; `residual`, or `bounded:` and the largest change of a pixel.
  public var head: String?
  /// `transposed` where it is not given.
  public var upsampling: Upsampling?

  /// A U-Net of 16 channels, unless told otherwise.
  public init(
    _ architecture: String = "unet", width: Int = 16, depth: Int? = nil, head: String? = nil,
    upsampling: Upsampling? = nil
  ) {
    (self.architecture, self.width, self.depth, self.head) = (architecture, width, depth, head)
    self.upsampling = upsampling
  }

  /// What is wrong with it, for people.
  public var problem: String? {
    if !(1...512).contains(width) { return "width \(width): expected 1 to 512" }
    if let depth, !(1...6).contains(depth) { return "depth \(depth): expected 1 to 6" }
    if parsedHead == nil { return "head \(head ?? ""): expected sigmoid, residual or bounded:0.1" }
    if architecture != "unet" && layers == nil {
      return "architecture \(architecture): expected unet or own(4-4)"
    }
    return nil
  }

  private var parsedHead: EnhancerHead? {
    switch head ?? "sigmoid" {
    case "sigmoid": return .sigmoid
    case "residual": return .residual
    case let text:
      guard text.hasPrefix("bounded:"), let limit = Float(text.dropFirst("bounded:".count)),
        limit > 0, limit <= 1
      else { return nil }
      return .boundedResidual(limit: limit)
    }
  }

  /// Of a plain autoencoder.
  private var layers: (encoding: Int, decoding: Int)? {
    let numbers = architecture.dropFirst("own(".count).dropLast().split(separator: "-")
    guard architecture.hasPrefix("own("), architecture.hasSuffix(")"), numbers.count == 2,
      let encoding = Int(numbers[0]), let decoding = Int(numbers[1]), (1...6).contains(encoding),
      (1...6).contains(decoding)
    else { return nil }
    return (encoding, decoding)
  }

  /// - Throws: `GraphError`, or `TrainingError.mismatch` when the images are too small.
  public func graph(height: Int, width imageWidth: Int) throws -> Graph {
    if let problem { throw TrainingError.mismatch(problem) }
    if let (encoding, decoding) = layers {
      var builder = PlainAutoencoder(
        imageHeight: height, imageWidth: imageWidth, encodingLayers: encoding,
        decodingLayers: decoding)
      builder.width = width
      return try builder.graph()
    }
    var builder = UNet(imageHeight: height, imageWidth: imageWidth)
    builder.width = width
    builder.depth = depth ?? 3
    builder.head = parsedHead ?? .sigmoid
    builder.upsampling =
      switch upsampling ?? .transposed {
      case .transposed: .transposedConvolution
      case .nearest: .nearest
      case .bilinear: .bilinear
      }
    // The U-Net pads to a multiple of this by mirroring, which cannot double a side.
    guard min(height, imageWidth) > (1 << builder.depth) / 2 else {
      throw TrainingError.mismatch(
        "images of \(height)×\(imageWidth) are too small for a U-Net of \(builder.depth) levels: "
          + "give a smaller depth")
    }
    return try builder.graph()
  }

  /// The untrained enhancer of these images.
  public func model(for images: Dataset, seed: UInt64) throws -> Model {
    try .untrained(
      .enhancer, try graph(height: images.height, width: images.width), labels: [], seed: seed)
  }
}

/// Sets the fixed first layer of a speed-run network from the statistics of its training images:
/// the eigenvectors of the covariance of 2×2 patches over the roots of their eigenvalues, and their
/// negatives (Page, 2018; arXiv:2404.00498, section 3.2).
public enum Whitening {
  /// Makes the outputs of the first convolution uncorrelated and of equal variance on `dataset`.
  /// - Parameters:
  ///   - node: the convolution, of 24 channels and a 2×2 window over 3 normalised channels.
  ///   - normalization: what the images go through before: multiplier and shift a channel.
  public static func apply(
    to parameters: ParameterStore, node: Int, normalization: (multiplier: [Float], shift: [Float]),
    dataset: Dataset, imageLimit: Int = 5000
  ) {
    let size = 12
    let covariance = patchCovariance(
      dataset, normalization: normalization, imageCount: min(imageLimit, dataset.count))
    let (values, vectors) = SymmetricEigen.decompose(covariance, size: size)
    guard let entry = parameters.entries(of: node).first else { return }
    let weights = parameters.values(of: entry)
    precondition(weights.count == 2 * size * size, "the layer has 24 filters of 12 weights")
    for filter in 0..<size {
      let scale = 1 / (values[filter] + 5e-4).squareRoot()
      for element in 0..<size {
        let weight = Float(vectors[element * size + filter] * scale)
        weights[filter * size + element] = weight
        weights[(size + filter) * size + element] = -weight
      }
    }
  }

  /// The second moments of all 2×2×3 patches, in OHWI order of their elements.
  private static func patchCovariance(
    _ dataset: Dataset, normalization: (multiplier: [Float], shift: [Float]), imageCount: Int
  ) -> [Double] {
    let size = 12
    var sums = [Double](repeating: 0, count: size * size)
    var patch = [Double](repeating: 0, count: size)
    for index in 0..<imageCount {
      dataset.withPixels(at: index) { pixels in
        // Every second position is plenty.
        for y in stride(from: 0, to: dataset.height - 1, by: 2) {
          for x in stride(from: 0, to: dataset.width - 1, by: 2) {
            for element in 0..<size {
              let (row, column, c) = (y + element / 6, x + element / 3 % 2, element % 3)
              let value = Float(pixels[(row * dataset.width + column) * 3 + c]) / 255
              patch[element] = Double(value * normalization.multiplier[c] + normalization.shift[c])
            }
            for i in 0..<size { for j in i..<size { sums[i * size + j] += patch[i] * patch[j] } }
          }
        }
      }
    }
    let count = Double(imageCount * (dataset.height / 2) * (dataset.width / 2))
    for i in 0..<size {
      for j in i..<size {
        sums[i * size + j] /= count
        sums[j * size + i] = sums[i * size + j]
      }
    }
    return sums
  }
}

/// Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's rotations.
enum SymmetricEigen {
  /// `vectors[row · size + column]`: column k belongs to value k. The order is that of the
  /// diagonal.
  static func decompose(_ matrix: [Double], size: Int) -> (values: [Double], vectors: [Double]) {
    var a = matrix
    var vectors = [Double](repeating: 0, count: size * size)
    for i in 0..<size { vectors[i * size + i] = 1 }
    // Twelve rows converge to full precision in fewer than ten sweeps.
    for _ in 0..<30 {
      for p in 0..<size - 1 {
        for q in p + 1..<size where abs(a[p * size + q]) > 1e-300 {
          rotate(&a, &vectors, p, q, size)
        }
      }
    }
    return ((0..<size).map { a[$0 * size + $0] }, vectors)
  }

  /// Makes the element (p, q) zero.
  private static func rotate(
    _ a: inout [Double], _ vectors: inout [Double], _ p: Int, _ q: Int, _ size: Int
  ) {
    let theta = (a[q * size + q] - a[p * size + p]) / (2 * a[p * size + q])
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<size {
      let (left, right) = (a[k * size + p], a[k * size + q])
      a[k * size + p] = c * left - s * right
      a[k * size + q] = s * left + c * right
    }
    for k in 0..<size {
      let (upper, lower) = (a[p * size + k], a[q * size + k])
      a[p * size + k] = c * upper - s * lower
      a[q * size + k] = s * upper + c * lower
      let (left, right) = (vectors[k * size + p], vectors[k * size + q])
      vectors[k * size + p] = c * left - s * right
      vectors[k * size + q] = s * left + c * right
    }
  }
}
