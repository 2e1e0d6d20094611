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
  ) -> PerturbationCurve {
    curve(from: image, to: meanColor(image), ranking, target)
  }

  /// Pixels appear on the blurred image, the most relevant first: the larger the area, the better
  /// the ranking. The blur's σ is an eighth of the shorter side.
  public func insertion(
    _ image: [Float], _ ranking: PixelRanking, class target: Int
  ) -> PerturbationCurve {
    curve(from: blurred(image), to: image, ranking, target)
  }

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
