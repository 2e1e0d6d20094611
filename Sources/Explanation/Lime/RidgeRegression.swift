// SPDX-License-Identifier: Apache-2.0

/// The β and b that make Σ wᵢ (yᵢ − b − xᵢ·β)² + α |β|² least.
public struct RidgeRegression: Equatable, Sendable {
  public let coefficients: [Double]
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
