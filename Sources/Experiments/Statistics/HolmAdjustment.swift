// SPDX-License-Identifier: Apache-2.0

/// Holm's step-down adjustment of the p-values of several tests (Scandinavian Journal of Statistics
/// 6, 1979).
public enum HolmAdjustment {
  /// p̃₍ᵢ₎ = max_{j ≤ i} min(1, (m − j + 1) · p₍ⱼ₎), in the order of `pValues`: compare them with
  /// the level as they are.
  public static func adjusted(_ pValues: [Double]) -> [Double] {
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
