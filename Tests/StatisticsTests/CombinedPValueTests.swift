// SPDX-License-Identifier: Apache-2.0
import Kernels
import Statistics
import Testing

struct CombinedPValueTests {
  @Test func `one p-value stays, three give 1.5 times their median`() {
    #expect(CombinedPValue.ofDependent([0.03]) == 0.03)
    #expect(CombinedPValue.ofDependent([0.9, 0.01, 0.02]) == 0.03)
    #expect(CombinedPValue.ofDependent([0.02, 0.01]) == 0.02)
    #expect(CombinedPValue.ofDependent([0.8, 0.9, 1]) == 1)
  }

  /// Of uniform p-values, the same five times or five of their own, at most 5 % come below 5 %.
  @Test(arguments: [true, false])
  func `it errs as seldom as it says`(isDependent: Bool) {
    var random = RandomGenerator(seed: 1)
    let count = 20_000
    let errors = (0..<count).count { _ in
      let first = Double(random.uniform())
      let others = (0..<4).map { _ in isDependent ? first : Double(random.uniform()) }
      return CombinedPValue.ofDependent([first] + others) < 0.05
    }
    #expect(Double(errors) / Double(count) < 0.053)
    #expect(errors > 0)
  }
}
