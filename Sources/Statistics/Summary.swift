// SPDX-License-Identifier: Apache-2.0

/// The mean of repeated runs and their standard deviation.
package struct Summary: Equatable, Sendable {
  package let count: Int
  package let mean: Double
  /// Of the sample (divided by n − 1); `nil` for fewer than two values.
  package let standardDeviation: Double?

  /// - Precondition: `values` is not empty.
  package init(_ values: [Double]) {
    precondition(!values.isEmpty, "a mean needs a value")
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    guard values.count > 1 else {
      standardDeviation = nil
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = (squares / Double(values.count - 1)).squareRoot()
  }
}

/// Correlation coefficients, from -1 to 1; 0 where one variable is constant.
package enum Correlation {
  /// Of the values.
  ///
  /// - Precondition: the lists have one length.
  package static func pearson(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count, "values come in pairs")
    guard !a.isEmpty else { return 0 }
    let (meanA, meanB) = (a.reduce(0, +) / Double(a.count), b.reduce(0, +) / Double(b.count))
    var (product, squareA, squareB) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      product += (x - meanA) * (y - meanB)
      squareA += (x - meanA) * (x - meanA)
      squareB += (y - meanB) * (y - meanB)
    }
    return squareA > 0 && squareB > 0 ? product / (squareA * squareB).squareRoot() : 0
  }

  /// Spearman's: of the ranks.
  package static func spearman(_ a: [Double], _ b: [Double]) -> Double {
    pearson(ranks(of: a), ranks(of: b))
  }

  /// From 1 on; equal values share the mean of their ranks.
  static func ranks(of values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var last = first
      while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
      for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
      first = last + 1
    }
    return ranks
  }
}
