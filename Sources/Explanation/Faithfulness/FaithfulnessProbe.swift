// SPDX-License-Identifier: Apache-2.0
public import Imaging
public import Kernels
public import Network

/// Asks a classifier whether what an explanation points at is what it uses: pixels are taken away,
/// and the probability of the class is looked at.
public final class FaithfulnessProbe {
  /// Points of a curve beside the untouched image.
  public var steps = 20
  /// The percentiles of relevance at which ROAD cuts.
  public var percentiles: [Double] = [20, 40, 60, 80]
  /// The deviation of the noise on what ROAD fills in, of images in [0, 1].
  public var noise: Float = 0.01
  private let run: GradientRun
  private let pool: ThreadPool

  /// - Parameter model: a classifier in floats, or an enhancer and a classifier composed.
  public init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(ExplanationError) {
    run = try GradientRun(model, batch: batch, pool)
    self.pool = pool
  }

  private var channels: Int { run.graph.inputShape.channels }

  /// Pixels take the image's mean colour, the most relevant first (Petsiuk et al.,
  /// arXiv:1806.07421): the smaller the area, the better the ranking.
  public func deletion(
    _ image: [Float], _ ranking: PixelRanking, class target: Int
  ) -> PerturbationCurve { curve(from: image, to: meanColor(image), ranking, target) }

  /// Pixels appear on the blurred image, the most relevant first: the larger the area, the better
  /// the ranking. The blur's σ is an eighth of the shorter side.
  public func insertion(
    _ image: [Float], _ ranking: PixelRanking, class target: Int
  ) -> PerturbationCurve { curve(from: blurred(image), to: image, ranking, target) }

  private func blurred(_ image: [Float]) -> [Float] {
    let shape = run.graph.inputShape
    let blur = GaussianBlur(likeSciPy: Double(min(shape.height, shape.width)) / 8)
    var result = image
    for channel in 0..<channels {
      let plane = stride(from: channel, to: image.count, by: channels).map { Double(image[$0]) }
      let smooth = blur.applied(to: plane, width: shape.width, height: shape.height)
      for (pixel, value) in smooth.enumerated() {
        result[pixel * channels + channel] = Float(value)
      }
    }
    return result
  }

  private func curve(
    from start: [Float], to end: [Float], _ ranking: PixelRanking, _ target: Int
  ) -> PerturbationCurve {
    let pixels = ranking.order.count
    precondition(pixels * channels == start.count, "a ranking has the image's pixels")
    var picture = start
    var done = 0
    return PerturbationCurve(
      probabilities: run.probabilities(of: steps + 1, class: target) { step in
        // Steps come in order, so each goes on from the one before.
        let count = (pixels * step + steps / 2) / steps
        for pixel in ranking.order[done..<max(done, count)] {
          for c in 0..<channels { picture[pixel * channels + c] = end[pixel * channels + c] }
        }
        done = max(done, count)
        return picture
      })
  }

  private func meanColor(_ image: [Float]) -> [Float] {
    var sums = [Double](repeating: 0, count: channels)
    for (index, value) in image.enumerated() { sums[index % channels] += Double(value) }
    let count = Double(image.count / channels)
    return image.indices.map { Float(sums[$0 % channels] / count) }
  }

  /// The class's probability for the image, and for the image times its map scaled to [0, 1]
  /// (Chattopadhay et al., arXiv:1710.11063).
  public func confidenceChange(
    _ image: [Float], _ map: HeatMap, class target: Int
  ) -> ConfidenceChange {
    let (least, most) = (map.values.min() ?? 0, map.values.max() ?? 0)
    let masked = image.indices.map { index in
      image[index] * (map.values[index / channels] - least) / (1e-7 + most - least)
    }
    let probabilities = run.probabilities(of: 2, class: target) { $0 == 0 ? image : masked }
    return ConfidenceChange(whole: probabilities[0], masked: probabilities[1])
  }

  /// ROAD (Rong et al., arXiv:2202.00449): half of how much more probability is left when the least
  /// relevant pixels are filled in from their neighbours than when the most relevant are, as the
  /// mean over `percentiles`.
  public func removeAndDebias(
    _ image: [Float], _ ranking: PixelRanking, class target: Int, seed: UInt64
  ) -> Double {
    let shape = run.graph.inputShape
    let cuts = percentiles.flatMap { [($0, ranking), ($0, ranking.reversed)] }
    var pictures = [[Float]](repeating: [], count: cuts.count)
    pictures.withUnsafeMutableBufferPointer { pictures in
      nonisolated(unsafe) let pictures = pictures
      pool.forEach(cuts.count) { cut, _ in
        let (percentile, order) = cuts[cut]
        let count = PixelRanking.count(above: percentile, of: order.order.count)
        var random = RandomGenerator(seed: seed, stream: UInt64(cut))
        pictures[cut] = NeighbourImputation.filled(
          image, shape, removed: order.order.prefix(count), noise: noise, random: &random)
      }
    }
    let probabilities = run.probabilities(of: cuts.count, class: target) { pictures[$0] }
    let gaps = stride(from: 0, to: cuts.count, by: 2).map {
      (probabilities[$0 + 1] - probabilities[$0]) / 2
    }
    return gaps.reduce(0, +) / Double(gaps.count)
  }
}

/// The probability of a class over the share of the pixels that have been changed, evenly spaced
/// from 0 to 1.
public struct PerturbationCurve: Equatable, Sendable {
  /// One for each share; the first is that of the unchanged picture.
  public let probabilities: [Double]

  /// The area below it, by trapezoids.
  public var area: Double {
    let inner = probabilities.dropFirst().dropLast().reduce(0, +)
    let ends = ((probabilities.first ?? 0) + (probabilities.last ?? 0)) / 2
    return (inner + ends) / Double(max(1, probabilities.count - 1))
  }
}

/// What a class keeps when only what its map shows is left.
public struct ConfidenceChange: Equatable, Sendable {
  /// Its probability for the whole image.
  public let whole: Double
  /// Its probability for the masked image.
  public let masked: Double

  /// max(0, whole − masked) / whole: its mean over images is the average drop.
  public var drop: Double { whole > 0 ? max(0, whole - masked) / whole : 0 }
  /// Whether the masked image is the surer: its share is the increase in confidence.
  public var isIncrease: Bool { masked > whole }
}

/// The pixels of an image in the order in which they are taken away.
public struct PixelRanking: Equatable, Sendable {
  /// Numbers of pixels, row by row from 0, the most relevant first.
  public let order: [Int]

  private init(order: [Int]) { self.order = order }

  /// From the largest value to the smallest. Equal ones come in an order that is drawn from `seed`:
  /// the many zeros of a rectified map then favour no place.
  public init(_ map: HeatMap, seed: UInt64) {
    let tie = PixelRanking(random: map.values.count, seed: seed).order
    order = tie.indices.sorted {
      let (a, b) = (map.values[$0], map.values[$1])
      return a != b ? a > b : tie[$0] < tie[$1]
    }
  }

  /// Any order of `count` pixels: what a map has to beat.
  public init(random count: Int, seed: UInt64) {
    var random = RandomGenerator(seed: seed)
    var order = Array(0..<count)
    random.shuffle(&order)
    self.order = order
  }

  /// The least relevant first.
  public var reversed: PixelRanking { PixelRanking(order: order.reversed()) }

  /// How many of `count` pixels lie at or above a percentile of distinct values, by NumPy's linear
  /// rule.
  static func count(above percentile: Double, of count: Int) -> Int {
    count - Int((percentile / 100 * Double(count - 1)).rounded(.up))
  }
}

/// How much of an explanation lies on the object: measures against a mask of it.
///
/// What is negative speaks against the class and counts as 0.
public struct Localization: Equatable, Sendable {
  /// Whether the largest value lies on the object, or within a tolerance of it (the pointing game;
  /// Zhang et al., arXiv:1608.00507).
  public let isHit: Bool
  /// Σ map · mask / Σ map.
  public let energy: Double
  /// Of as many of the largest values as the object has pixels, the share on it (Arras et al.,
  /// arXiv:2003.07258).
  public let rankAccuracy: Double

  /// The tolerance of the pointing game, as a share of the shorter side: 15 of 224 pixels.
  public static let tolerance = 0.07

  /// `nil` for a map without a positive value, or a mask of nothing or everything.
  /// - Parameter map: of any size; it is enlarged to the mask's.
  public init?(_ map: HeatMap, _ mask: Mask, seed: UInt64) {
    let sized =
      map.width == mask.width && map.height == mask.height
      ? map : map.resized(width: mask.width, height: mask.height)
    let values = sized.values.map { Double(max($0, 0)) }
    let total = values.reduce(0, +)
    let selected = mask.pixels.map { $0 >= 128 }
    let count = selected.count { $0 }
    guard total > 0, count > 0, count < selected.count else { return nil }
    energy = zip(values, selected).reduce(0) { $0 + ($1.1 ? $1.0 : 0) } / total
    let ranking = PixelRanking(sized, seed: seed).order
    rankAccuracy = Double(ranking.prefix(count).count { selected[$0] }) / Double(count)
    let (y, x) = ranking[0].quotientAndRemainder(dividingBy: mask.width)
    let reach = Self.tolerance * Double(min(mask.width, mask.height))
    isHit = selected.indices.contains { pixel in
      let (dy, dx) = (Double(pixel / mask.width - y), Double(pixel % mask.width - x))
      return selected[pixel] && dy * dy + dx * dx <= reach * reach
    }
  }

  /// The share of an image that its object covers: the energy of a map that knows nothing.
  public static func area(of mask: Mask) -> Double {
    Double(mask.pixels.count { $0 >= 128 }) / Double(mask.pixels.count)
  }

  /// A Gaussian in the image's middle, of a quarter of each side: what a map gets for nothing where
  /// objects are centred.
  public static func centred(width: Int, height: Int) -> HeatMap {
    func distance(_ place: Int, _ count: Int) -> Float {
      (Float(place) + 0.5 - Float(count) / 2) / (Float(count) / 4)
    }
    return HeatMap(
      width: width, height: height,
      values: (0..<width * height).map { pixel in
        let (dy, dx) = (distance(pixel / width, height), distance(pixel % width, width))
        return ElementaryFunctions.exp(-(dy * dy + dx * dx) / 2)
      })
  }
}

/// The sanity check of Adebayo et al. (arXiv:1810.03292): layers lose what they have learnt, from
/// the scores down, one after the other; an explanation that stays the same did not depend on it.
public struct ParameterRandomization {
  /// Nodes that have learnt something, from the last to the first.
  public let nodes: [Int]
  private let model: Model
  private let fresh: ParameterStore

  /// - Parameter seed: what the new parameters are drawn from, each as it is before training.
  public init(_ model: Model, seed: UInt64) throws(ExplanationError) {
    guard let fresh = ParameterStore(model.graph) else {
      throw .outOfMemory(byteCount: 4 * model.parameters.count)
    }
    // Not what training with the same seed has started from: much of that is left in the model.
    fresh.initialize(seed: RandomGenerator(seed: seed, stream: .max).state)
    (self.model, self.fresh) = (model, fresh)
    nodes = model.graph.nodes.indices.reversed().filter { node in
      fresh.entries(of: node).contains { $0.declaration.role.isLearnt }
    }
  }

  /// The model with the last `count` of its learnt layers as they were before training.
  public func model(randomizing count: Int) throws(ExplanationError) -> Model {
    guard let parameters = ParameterStore(model.graph) else {
      throw .outOfMemory(byteCount: 4 * model.parameters.count)
    }
    parameters.copyParameters(from: model.parameters)
    for node in nodes.prefix(count) {
      for (old, new) in zip(parameters.entries(of: node), fresh.entries(of: node))
      where old.declaration.role.isLearnt {
        _ = parameters.values(of: old).update(fromContentsOf: fresh.values(of: new))
      }
    }
    return model.replacing(model.graph, parameters)
  }
}

/// Fills removed pixels with the noisy weighted mean of their eight neighbours, those that are
/// removed themselves included (Rong et al., arXiv:2202.00449): 1/6 for the four beside it, 1/12
/// for the four at its corners, of those inside the image.
///
/// It is a system of linear equations, symmetric and positive definite as long as one pixel is
/// left; conjugate gradients solve it.
package enum NeighbourImputation {
  private static let offsets: [(down: Int, right: Int, weight: Double)] = [
    (-1, -1, 1.0 / 12), (-1, 0, 1.0 / 6), (-1, 1, 1.0 / 12), (0, -1, 1.0 / 6), (0, 1, 1.0 / 6),
    (1, -1, 1.0 / 12), (1, 0, 1.0 / 6), (1, 1, 1.0 / 12),
  ]

  /// - Parameter noise: the deviation of what is added to each filled number.
  package static func filled(
    _ image: [Float], _ shape: Shape, removed: some Collection<Int>, noise: Float,
    random: inout RandomGenerator
  ) -> [Float] {
    let system = System(shape, removed: Array(removed).sorted())
    var result = image
    for channel in 0..<shape.channels {
      let values = system.solution { Double(image[$0 * shape.channels + channel]) }
      for (unknown, pixel) in system.pixels.enumerated() {
        result[pixel * shape.channels + channel] = Float(values[unknown]) + noise * random.normal()
      }
    }
    return result
  }

  /// (Σ wⱼ) xᵢ − Σ wⱼ xⱼ = 0 for each removed pixel i, j over its neighbours.
  private struct System {
    /// The removed pixels; an unknown's number is its place here.
    let pixels: [Int]
    private var diagonal: [Double] = []
    /// Of each unknown: neighbours that are unknown too, and known ones by their pixel.
    private var unknownNeighbours: [[(Int, Double)]] = []
    private var knownNeighbours: [[(Int, Double)]] = []

    init(_ shape: Shape, removed: [Int]) {
      pixels = removed
      var unknowns = [Int](repeating: -1, count: shape.height * shape.width)
      for (unknown, pixel) in removed.enumerated() { unknowns[pixel] = unknown }
      for pixel in removed {
        var (total, open, known): (Double, [(Int, Double)], [(Int, Double)]) = (0, [], [])
        for (down, right, weight) in NeighbourImputation.offsets {
          let (y, x) = (pixel / shape.width + down, pixel % shape.width + right)
          guard y >= 0, x >= 0, y < shape.height, x < shape.width else { continue }
          total += weight
          let neighbour = y * shape.width + x
          if unknowns[neighbour] >= 0 {
            open.append((unknowns[neighbour], weight))
          } else {
            known.append((neighbour, weight))
          }
        }
        diagonal.append(total)
        unknownNeighbours.append(open)
        knownNeighbours.append(known)
      }
    }

    /// From the values of known pixels; zeros where there are none.
    func solution(_ value: (_ pixel: Int) -> Double) -> [Double] {
      let right = knownNeighbours.map { $0.reduce(0) { $0 + $1.1 * value($1.0) } }
      var x = [Double](repeating: 0, count: right.count)
      var residual = right
      var scaled = zip(residual, diagonal).map { $0 / $1 }
      var direction = scaled
      var energy = Self.dot(residual, scaled)
      let goal = energy * 1e-16
      for _ in 0..<max(10, 4 * right.count) where energy > goal && energy > 0 {
        let image = product(direction)
        let step = energy / Self.dot(direction, image)
        for index in x.indices {
          x[index] += step * direction[index]
          residual[index] -= step * image[index]
          scaled[index] = residual[index] / diagonal[index]
        }
        let next = Self.dot(residual, scaled)
        for index in x.indices {
          direction[index] = scaled[index] + next / energy * direction[index]
        }
        energy = next
      }
      return x
    }

    private func product(_ x: [Double]) -> [Double] {
      x.indices.map { index in
        unknownNeighbours[index].reduce(diagonal[index] * x[index]) { $0 - $1.1 * x[$1.0] }
      }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
      var sum = 0.0
      for index in a.indices { sum += a[index] * b[index] }
      return sum
    }
  }
}
