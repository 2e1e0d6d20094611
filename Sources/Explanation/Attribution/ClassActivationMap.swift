// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels
public import Network

/// Which pixels of a layer's maps speak for a class.
public final class ClassActivationMap {
  /// The methods. A is the layer's output, G the gradient of the class's logit there; i runs over
  /// pixels, k over channels. All but Eigen-CAM show the class; all drop what is negative.
  public enum Method: String, CaseIterable, Sendable {
    /// Σₖ meanᵢ(Gₖᵢ) · Aₖ (Selvaraju et al., arXiv:1610.02391)
    case gradCAM = "grad-cam"
    /// Weights that count a pixel by its share of second and third derivatives (Chattopadhay et
    /// al., arXiv:1710.11063)
    case gradCAMPlusPlus = "grad-cam++"
    /// Σₖ Gₖ · Aₖ (Draelos & Carin, arXiv:2011.08891)
    case hiResCAM = "hires-cam"
    /// Σₖ max(Gₖ, 0) · Aₖ (Jiang et al., 2021)
    case layerCAM = "layer-cam"
    /// The first principal component of A over its pixels (Muhammad & Yeasin, arXiv:2008.00299). It
    /// knows no class; of its two signs it has that of the activations' mean.
    case eigenCAM = "eigen-cam"
    /// Channels weighted by the softmax of the logits of the image masked with each (Wang et al.,
    /// arXiv:1910.01279). One forward run a channel.
    case scoreCAM = "score-cam"
  }

  /// The node whose maps are looked at.
  public let layer: Int
  /// Called with the number of images that have run and the total.
  public var progress: ((Int, Int) -> Void)? {
    get { run.progress }
    set { run.progress = newValue }
  }
  private let run: GradientRun

  /// - Parameters:
  ///   - model: a classifier in floats, or an enhancer and a classifier composed.
  ///   - layer: a node by name; `nil` for the deepest whose maps have at least
  ///     `Graph.smallestExplainedSide` pixels a side.
  ///   - batch: images that run at once.
  public init(
    _ model: Model, layer name: String? = nil, batch: Int, _ pool: ThreadPool
  ) throws(ExplanationError) {
    layer = try model.graph.explainedLayer(name)
    run = try GradientRun(model, layers: [layer], batch: batch, pool)
  }

  /// The map of each image, at the layer's size, and the class that it is for.
  /// - Parameters:
  ///   - images: height × width × channels numbers each.
  ///   - classes: one an image, `nil` for the predicted one.
  /// - Returns: maps of numbers from 0 on, not scaled. A map of zeros says that nothing speaks for
  ///   the class.
  public func maps(
    for images: [[Float]], classes: [Int?], by method: Method
  ) throws(ExplanationError) -> [(map: HeatMap, target: Int)] {
    var results: [(map: HeatMap, target: Int)] = []
    try run.forEachBatch(of: images.count, { images[$0] }) { numbers throws(ExplanationError) in
      let targets = try numbers.map { number throws(ExplanationError) in
        try run.target(classes[number], of: number - numbers.lowerBound)
      }
      if method.needsGradient { run.backward(targets) }
      // Score-CAM runs other images: what these gave is taken first.
      var activations = targets.indices.map { activation(of: $0, method) }
      for (row, number) in numbers.enumerated() {
        if method == .scoreCAM {
          activations[row].scoreWeights = scoreWeights(
            images[number], activations[row], target: targets[row])
        }
        results.append((activations[row].map(by: method), targets[row]))
      }
    }
    return results
  }

  private func activation(of row: Int, _ method: Method) -> LayerActivation {
    let values = run.session.value(of: layer)
    return LayerActivation(
      height: values.height, width: values.width, channels: values.channels,
      values: values.elements(ofImage: row),
      gradients: method.needsGradient ? run.session.gradient(of: layer).elements(ofImage: row) : [])
  }

  /// softmaxₖ of the logit of the image times channel k, enlarged and scaled to [0, 1].
  private func scoreWeights(_ image: [Float], _ activation: LayerActivation, target: Int) -> [Float]
  {
    let shape = run.graph.inputShape
    let scores = run.scores(of: activation.channels, class: target) { channel in
      let mask = activation.mask(ofChannel: channel, height: shape.height, width: shape.width)
      return image.indices.map { image[$0] * mask[$0 / shape.channels] }
    }
    return ElementaryFunctions.softmax(scores)
  }
}

extension ClassActivationMap.Method {
  var needsGradient: Bool { self != .eigenCAM && self != .scoreCAM }
}

extension Graph {
  /// Below this a map is too coarse to say where something is.
  public static let smallestExplainedSide = 6

  /// The node that class activation maps are taken of.
  func explainedLayer(_ name: String?) throws(ExplanationError) -> Int {
    let reached = ancestors(of: logits)
    if let name {
      guard let node = index(ofNodeNamed: name) else { throw .unknownLayer(name) }
      guard reached.contains(node), node != 0, shapes[node].height > 1 || shapes[node].width > 1
      else { throw .unusableLayer(name) }
      return node
    }
    let side = Self.smallestExplainedSide
    // What comes before the first filter is the image still.
    var seesFilters = [Bool](repeating: false, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      seesFilters[index] =
        node.operation.properties.hasWeights || node.inputs.contains { seesFilters[$0] }
    }
    let layer = nodes.indices.last { node in
      reached.contains(node) && seesFilters[node]
        && min(shapes[node].height, shapes[node].width) >= side
    }
    guard let layer else { throw .noLayer(side: side) }
    return layer
  }

  /// The nodes that a node depends on.
  func ancestors(of node: Int) -> Set<Int> {
    var result: Set<Int> = []
    var open = nodes[node].inputs
    while let next = open.popLast() {
      if result.insert(next).inserted { open += nodes[next].inputs }
    }
    return result
  }
}

/// One image's output of a layer and the gradient there: pixel by pixel, channels innermost.
struct LayerActivation {
  let height: Int
  let width: Int
  let channels: Int
  let values: [Float]
  let gradients: [Float]
  /// The channels' weights in Score-CAM.
  var scoreWeights: [Float] = []

  private var pixels: Int { height * width }

  /// The map by a method, with what is negative dropped.
  func map(by method: ClassActivationMap.Method) -> HeatMap {
    let result: [Float] =
      switch method {
      case .gradCAM: weighted(by: totals(of: gradients).map { $0 / Float(pixels) })
      case .gradCAMPlusPlus: weighted(by: plusPlusWeights)
      case .hiResCAM: pixelSums { $0 * $1 }
      case .layerCAM: pixelSums { $0 * max($1, 0) }
      case .eigenCAM: firstComponent
      case .scoreCAM: weighted(by: scoreWeights)
      }
    return HeatMap(width: width, height: height, values: result.map { max($0, 0) })
  }

  /// Σₖ f(Aₖᵢ, Gₖᵢ) for each pixel.
  private func pixelSums(_ f: (Float, Float) -> Float) -> [Float] {
    (0..<pixels).map { pixel in
      (pixel * channels..<(pixel + 1) * channels).reduce(Float(0)) {
        $0 + f(values[$1], gradients[$1])
      }
    }
  }

  /// The sum over the pixels for each channel.
  private func totals(of elements: [Float]) -> [Float] {
    var sums = [Float](repeating: 0, count: channels)
    for (index, element) in elements.enumerated() { sums[index % channels] += element }
    return sums
  }

  private func weighted(by weights: [Float]) -> [Float] {
    (0..<pixels).map { pixel in
      (0..<channels).reduce(Float(0)) { $0 + weights[$1] * values[pixel * channels + $1] }
    }
  }

  /// Σᵢ α · max(G, 0) with α = G² / (2 G² + G³ · Σᵢ A), 0 where G is.
  private var plusPlusWeights: [Float] {
    let sums = totals(of: values)
    var weights = [Float](repeating: 0, count: channels)
    for index in values.indices where gradients[index] != 0 {
      let (gradient, channel) = (gradients[index], index % channels)
      let square = gradient * gradient
      let share = square / (2 * square + square * gradient * sums[channel] + 1e-6)
      weights[channel] += share * max(gradient, 0)
    }
    return weights
  }

  /// The pixels along the direction in which their activations vary most.
  private var firstComponent: [Float] {
    let means = totals(of: values).map { $0 / Float(pixels) }
    let centered = values.indices.map { values[$0] - means[$0 % channels] }
    func project(_ direction: [Float]) -> [Float] {
      (0..<pixels).map { pixel in
        (0..<channels).reduce(Float(0)) { $0 + direction[$1] * centered[pixel * channels + $1] }
      }
    }
    // Power iteration on the covariance, from the channel that varies most.
    var direction = [Float](repeating: 0, count: channels)
    for index in centered.indices { direction[index % channels] += abs(centered[index]) }
    for _ in 0..<200 {
      let projection = project(direction)
      var next = [Float](repeating: 0, count: channels)
      for index in centered.indices {
        next[index % channels] += projection[index / channels] * centered[index]
      }
      let norm = next.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      guard norm > 0 else { return [Float](repeating: 0, count: pixels) }
      direction = next.map { $0 / norm }
    }
    let projection = project(direction)
    let totals = weighted(by: [Float](repeating: 1, count: channels))
    let mean = totals.reduce(0, +) / Float(pixels)
    let likeness = zip(projection, totals).reduce(Float(0)) { $0 + $1.0 * ($1.1 - mean) }
    return likeness < 0 ? projection.map { -$0 } : projection
  }

  /// A channel, enlarged with its corners on the image's corners, scaled to [0, 1].
  func mask(ofChannel channel: Int, height targetHeight: Int, width targetWidth: Int) -> [Float] {
    func place(_ target: Int, _ source: Int, _ targetCount: Int) -> (Int, Int, Float) {
      let step = targetCount > 1 ? Float(source - 1) / Float(targetCount - 1) : 0
      let position = Float(target) * step
      let first = min(Int(position), source - 1)
      return (first, min(first + 1, source - 1), position - Float(first))
    }
    var mask: [Float] = []
    mask.reserveCapacity(targetHeight * targetWidth)
    for y in 0..<targetHeight {
      let (top, bottom, down) = place(y, height, targetHeight)
      for x in 0..<targetWidth {
        let (left, right, along) = place(x, width, targetWidth)
        func value(_ row: Int, _ column: Int) -> Float {
          values[(row * width + column) * channels + channel]
        }
        let upper = value(top, left) * (1 - along) + value(top, right) * along
        let lower = value(bottom, left) * (1 - along) + value(bottom, right) * along
        mask.append(upper * (1 - down) + lower * down)
      }
    }
    let (least, most) = (mask.min() ?? 0, mask.max() ?? 0)
    return mask.map { ($0 - least) / (most - least + 1e-8) }
  }
}
