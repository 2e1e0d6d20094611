// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Kernels
public import Network

/// Local interpretable model-agnostic explanations of images (Ribeiro et al., arXiv:1602.04938):
/// a linear model of a class's probability over the parts of the picture that are shown; a part
/// that is hidden has its mean colour.
public final class Lime {
  /// Pictures with parts hidden at random that are asked about; the first shows all.
  public var samples = 1000
  /// What is drawn from.
  public var seed: UInt64 = 1
  /// Called with the number of images that have run and the total.
  public var progress: ((Int, Int) -> Void)? {
    get { run.progress }
    set { run.progress = newValue }
  }
  private let run: GradientRun

  /// What the linear model says.
  public struct Explanation: Sendable {
    /// How much each part speaks for the class; of a probability.
    public let weights: [Double]
    /// What the linear model gives with all parts hidden.
    public let intercept: Double
    /// How well the linear model describes the classifier near the picture: below 0.5 it does not.
    public let determination: Double
    /// The class that was explained.
    public let target: Int

    /// An explanation from its parts.
    public init(weights: [Double], intercept: Double, determination: Double, target: Int) {
      (self.weights, self.intercept, self.determination) = (weights, intercept, determination)
      self.target = target
    }

    /// Up to `count` parts that speak for the class, the strongest first.
    public func strongest(_ count: Int = 5) -> [Int] {
      let parts = weights.indices.filter { weights[$0] > 0 }
      return Array(parts.sorted { (-weights[$0], $0) < (-weights[$1], $1) }.prefix(count))
    }
  }

  /// How far explanations by other random choices name the same strongest parts: the mean over all
  /// pairs of |A ∩ B| / |A ∪ B|. 1 for one explanation.
  public static func stability(_ explanations: [Explanation], count: Int = 5) -> Double {
    let sets = explanations.map { Set($0.strongest(count)) }
    var shares: [Double] = []
    for (index, a) in sets.enumerated() {
      for b in sets[..<index] {
        let all = a.union(b).count
        shares.append(all > 0 ? Double(a.intersection(b).count) / Double(all) : 1)
      }
    }
    return shares.isEmpty ? 1 : shares.reduce(0, +) / Double(shares.count)
  }

  /// - Parameters:
  ///   - model: A classifier in floats.
  ///   - batch: Images that run at once.
  public init(_ model: Model, batch: Int, _ pool: ThreadPool) throws(ExplanationError) {
    run = try GradientRun(model, batch: batch, pool)
  }

  /// - Parameter target: a class, `nil` for the predicted one.
  public func explain(
    _ image: [Float], _ parts: Superpixels, class target: Int?
  ) throws(ExplanationError) -> Explanation {
    let target = try run.target(target, for: image)
    let hidden = meanColors(image, parts)
    var random = RandomGenerator(seed: seed, stream: 0)
    var rows = [[Double]](repeating: [Double](repeating: 1, count: parts.count), count: samples)
    for row in rows.indices.dropFirst() {
      for part in 0..<parts.count { rows[row][part] = Double(random.next() >> 63) }
    }
    let channels = image.count / parts.labels.count
    let probabilities = run.probabilities(of: samples, class: target) { row in
      image.indices.map { index in
        rows[row][parts.labels[index / channels]] > 0 ? image[index] : hidden[index]
      }
    }
    let regression = RidgeRegression(
      rows: rows, targets: probabilities, weights: rows.map(Self.nearness))
    return Explanation(
      weights: regression.coefficients, intercept: regression.intercept,
      determination: regression.determination, target: target)
  }

  /// √exp(−d² / ¼²), d = 1 − √(shown / all) the cosine distance to the whole picture.
  public static func nearness(_ bits: [Double]) -> Double {
    let distance = 1 - (bits.reduce(0, +) / Double(bits.count)).squareRoot()
    return exp(-distance * distance / (0.25 * 0.25)).squareRoot()
  }

  /// The picture with each part in its mean colour.
  private func meanColors(_ image: [Float], _ parts: Superpixels) -> [Float] {
    let channels = image.count / parts.labels.count
    var sums = [Double](repeating: 0, count: parts.count * channels)
    var counts = [Double](repeating: 0, count: parts.count)
    for (pixel, part) in parts.labels.enumerated() {
      counts[part] += 1
      for c in 0..<channels { sums[part * channels + c] += Double(image[pixel * channels + c]) }
    }
    return image.indices.map { index in
      let part = parts.labels[index / channels]
      return Float(sums[part * channels + index % channels] / counts[part])
    }
  }
}

/// The β and b that make Σ wᵢ (yᵢ − b − xᵢ·β)² + α |β|² least.
public struct RidgeRegression: Equatable, Sendable {
  /// One for each feature.
  public let coefficients: [Double]
  /// The value where all features are 0.
  public let intercept: Double
  /// The share of the weighted variance of y that the model explains.
  public let determination: Double

  /// - Parameters:
  ///   - rows: the examples' features; equally many in each.
  ///   - weights: not negative, one an example.
  ///   - alpha: positive.
  public init(rows: [[Double]], targets: [Double], weights: [Double], alpha: Double = 1) {
    precondition(!rows.isEmpty && rows.count == targets.count && rows.count == weights.count)
    let count = rows[0].count
    let total = weights.reduce(0, +)
    func mean(_ value: (Int) -> Double) -> Double {
      rows.indices.reduce(0) { $0 + weights[$1] * value($1) } / total
    }
    let targetMean = mean { targets[$0] }
    let means = (0..<count).map { feature in mean { rows[$0][feature] } }
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
    var right = [Double](repeating: 0, count: count)
    for (index, row) in rows.enumerated() {
      let centered = zip(row, means).map { $0 - $1 }
      let target = targets[index] - targetMean
      for i in 0..<count where centered[i] != 0 {
        right[i] += weights[index] * centered[i] * target
        for j in i..<count { matrix[i][j] += weights[index] * centered[i] * centered[j] }
      }
    }
    for i in 0..<count {
      matrix[i][i] += alpha
      for j in 0..<i { matrix[i][j] = matrix[j][i] }
    }
    let solution = Self.solve(matrix, right)
    coefficients = solution
    intercept = targetMean - zip(means, solution).reduce(0) { $0 + $1.0 * $1.1 }
    var (residual, variance) = (0.0, 0.0)
    for (index, row) in rows.enumerated() {
      let prediction = intercept + zip(row, solution).reduce(0) { $0 + $1.0 * $1.1 }
      residual += weights[index] * (targets[index] - prediction) * (targets[index] - prediction)
      variance += weights[index] * (targets[index] - targetMean) * (targets[index] - targetMean)
    }
    determination = variance > 0 ? 1 - residual / variance : 1
  }

  /// Solves a positive definite system by Cholesky's factors.
  private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    let count = right.count
    var lower = matrix
    for i in 0..<count {
      for j in 0...i {
        let sum = (0..<j).reduce(matrix[i][j]) { $0 - lower[i][$1] * lower[j][$1] }
        lower[i][j] = i == j ? max(sum, .leastNormalMagnitude).squareRoot() : sum / lower[j][j]
      }
    }
    var result = right
    for i in 0..<count {
      result[i] = (0..<i).reduce(result[i]) { $0 - lower[i][$1] * result[$1] } / lower[i][i]
    }
    for i in (0..<count).reversed() {
      result[i] = (i + 1..<count).reduce(result[i]) { $0 - lower[$1][i] * result[$1] } / lower[i][i]
    }
    return result
  }
}
