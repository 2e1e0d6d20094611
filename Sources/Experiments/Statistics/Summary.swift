// SPDX-License-Identifier: Apache-2.0

/// The mean of repeated runs and how far they scatter around it.
public struct Summary: Equatable, Sendable {
  public let count: Int
  public let mean: Double
  /// Of the sample (divided by n − 1); `nil` for fewer than two values.
  public let standardDeviation: Double?

  /// - Precondition: `values` is not empty.
  public init(_ values: [Double]) {
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
