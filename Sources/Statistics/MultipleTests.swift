// SPDX-License-Identifier: Apache-2.0

/// Holm's step-down adjustment of the p-values of several tests (Scandinavian Journal of Statistics
/// 6, 1979).
package enum HolmAdjustment {
  /// p̃₍ᵢ₎ = max_{j ≤ i} min(1, (m − j + 1) · p₍ⱼ₎), in the order of `pValues`: compare them with
  /// the level as they are.
  package static func adjusted(_ pValues: [Double]) -> [Double] {
    let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
    var adjusted = pValues
    var largest = 0.0
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}

/// One p-value from several dependent tests of the same hypothesis, such as those of several seeds
/// on the same test images.
package enum CombinedPValue {
  /// p = min(1, n / k · p₍ₖ₎), k = ⌈n / 2⌉: by Rüschendorf (Advances in Applied Probability 14,
  /// 1982), valid however the tests depend. Of one p-value it is that value; of three, 1.5 times
  /// the median.
  ///
  /// - Precondition: there is a p-value.
  package static func ofDependent(_ pValues: [Double]) -> Double {
    precondition(!pValues.isEmpty, "there is a p-value to combine")
    let rank = (pValues.count + 1) / 2
    return min(1, Double(pValues.count) / Double(rank) * pValues.sorted()[rank - 1])
  }
}
