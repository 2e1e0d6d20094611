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
    return layers.map { Answer(layer: $0, values: session.value(of: $0.node).elements(ofImage: 0)) }
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
    (self.before, self.after) = (before, after)
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

/// How far apart a layer's answers to two images are.
public struct RepresentationDistance: Equatable, Sendable {
  /// Σ a·b / √(Σ a² · Σ b²): 1 for answers of one direction. `nil` where one is all zeros.
  public let cosine: Double?
  /// √(Σ (b − a)² / Σ a²). `nil` where a is all zeros.
  public let relative: Double?
  /// Linear centred kernel alignment (Kornblith et al., arXiv:1905.00414) of pixels as examples and
  /// channels as features: 1 where one's channels are the other's, turned and scaled as a whole.
  /// `nil` where nothing varies over the pixels.
  public let alignment: Double?

  /// - Parameters:
  ///   - a: the answer to the first image, pixel by pixel, channels innermost.
  ///   - b: the answer to the second.
  public init(_ a: [Float], _ b: [Float], channels: Int) {
    precondition(a.count == b.count && channels > 0 && a.count % channels == 0)
    let (x, y) = (a.map { Double($0) }, b.map { Double($0) })
    func sum(_ term: (Double, Double) -> Double) -> Double {
      zip(x, y).reduce(0) { $0 + term($1.0, $1.1) }
    }
    let (squaresX, squaresY) = (sum { x, _ in x * x }, sum { _, y in y * y })
    let product = (squaresX * squaresY).squareRoot()
    cosine = product > 0 ? sum { $0 * $1 } / product : nil
    relative = squaresX > 0 ? (sum { ($1 - $0) * ($1 - $0) } / squaresX).squareRoot() : nil
    let (centeredX, centeredY) = (Self.centered(x, channels), Self.centered(y, channels))
    let own =
      (Self.squaredNorm(centeredX, centeredX, channels)
      * Self.squaredNorm(centeredY, centeredY, channels)).squareRoot()
    // What is left of a constant is rounding.
    alignment =
      own > 1e-12 * squaresX * squaresY
      ? Self.squaredNorm(centeredX, centeredY, channels) / own : nil
  }

  /// Each channel less its mean.
  private static func centered(_ values: [Double], _ channels: Int) -> [Double] {
    var means = [Double](repeating: 0, count: channels)
    for (index, value) in values.enumerated() { means[index % channels] += value }
    let count = Double(values.count / channels)
    return values.indices.map { values[$0] - means[$0 % channels] / count }
  }

  /// ‖YᵀX‖² = Σ XXᵀ ∘ YYᵀ: only the smaller of the two matrices is computed.
  private static func squaredNorm(_ x: [Double], _ y: [Double], _ channels: Int) -> Double {
    let pixels = x.count / channels
    if pixels < channels {
      let (a, b) = (gram(x, channels), gram(y, channels))
      return zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    var products = [Double](repeating: 0, count: channels * channels)
    products.withUnsafeMutableBufferPointer { products in
      for pixel in 0..<pixels {
        for i in 0..<channels {
          let factor = x[pixel * channels + i]
          if factor == 0 { continue }
          for j in 0..<channels { products[i * channels + j] += factor * y[pixel * channels + j] }
        }
      }
    }
    return products.reduce(0) { $0 + $1 * $1 }
  }

  /// The products of every two pixels.
  private static func gram(_ x: [Double], _ channels: Int) -> [Double] {
    let pixels = x.count / channels
    var result = [Double](repeating: 0, count: pixels * pixels)
    for i in 0..<pixels {
      for j in 0..<pixels {
        var sum = 0.0
        for c in 0..<channels { sum += x[i * channels + c] * x[j * channels + c] }
        result[i * pixels + j] = sum
      }
    }
    return result
  }
}
