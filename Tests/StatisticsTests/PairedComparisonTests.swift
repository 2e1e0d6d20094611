// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

struct PairedComparisonTests {
  @Test func `counts what was fixed and what was broken`() {
    let comparison = PairedComparison(
      before: [0, 1, 2, 0, 1, 2], after: [0, 0, 2, 1, 1, 0], labels: [0, 0, 2, 2, 0, 2])
    #expect(comparison == PairedComparison(fixed: 1, broken: 1, bothRight: 2, bothWrong: 2))
    #expect(comparison.difference == 0)
  }

  @Test func `no images give no difference and no evidence`() {
    let comparison = PairedComparison(before: [], after: [], labels: [])
    #expect(comparison.difference == 0)
    #expect(comparison.pValue == 1)
  }
}
