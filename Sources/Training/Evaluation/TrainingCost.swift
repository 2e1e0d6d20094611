// SPDX-License-Identifier: Apache-2.0
public import Network

extension Graph {
  /// Multiply-accumulates of one image's training step: forward, gradient of the input and gradient
  /// of the weights once each, but no gradient of weights where frozen.
  public func trainingMultiplyAccumulates(frozen: Set<Int> = []) -> Int64 {
    nodes.indices.reduce(0) { sum, node in
      sum + multiplyAccumulates(of: node) * (frozen.contains(node) ? 2 : 3)
    }
  }
}

/// How long work will take, roughly.
public enum WorkEstimate {
  /// Seconds for so many multiply-accumulates on a machine of this peak (floating-point operations
  /// a second), of which small layers reach about half.
  public static func seconds(multiplyAccumulates: Double, peak: Double) -> Double {
    2 * multiplyAccumulates / (0.5 * peak)
  }
}
