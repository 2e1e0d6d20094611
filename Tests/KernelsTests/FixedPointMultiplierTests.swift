// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

struct FixedPointMultiplierTests {
  /// gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT, as they are defined.
  private func twoRoundings(_ x: Int32, _ factor: FixedPointMultiplier) -> Int32 {
    let product = Int64(x << max(factor.shift, 0)) * Int64(factor.multiplier)
    let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
    let high = Int32((product + nudge) / (1 << 31))
    let exponent = max(-factor.shift, 0)
    let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent)) - 1)
    let threshold = (mask >> 1) + (high < 0 ? 1 : 0)
    return (high >> exponent) + ((high & mask) > threshold ? 1 : 0)
  }

  @Test func `rounds twice as gemmlowp does`() {
    var random = RandomGenerator(seed: 5)
    for _ in 0..<200_000 {
      let factor = FixedPointMultiplier(
        multiplier: Int32(truncatingIfNeeded: (1 << 30) + Int64(random.next() >> 34)),
        shift: Int32(random.index(below: 34)) - 31)
      let bits = 31 - Int(max(factor.shift, 0)) - random.index(below: 20)
      let word = Int64(bitPattern: random.next())
      let x = Int32(truncatingIfNeeded: word >> Int64(64 - max(2, bits)))
      #expect(factor.apply(x) == twoRoundings(x, factor))
    }
  }

  /// 1 · ¼ becomes ½ first, and then 1.
  @Test func `a quarter is rounded up by two roundings and down by one`() {
    let quarter = FixedPointMultiplier(0.25)
    #expect([2, -2, 1, -1, 6, -6].map { quarter.apply($0) } == [1, -1, 1, 0, 2, -2])
    #expect([2, -2, 1, -1, 6, -6].map { quarter.applyRoundingOnce($0) } == [1, 0, 0, 0, 2, -1])
  }

  @Test func `the nearest factor is taken`() {
    #expect(FixedPointMultiplier(1) == FixedPointMultiplier(multiplier: 1 << 30, shift: 1))
    #expect(FixedPointMultiplier(0.5) == FixedPointMultiplier(multiplier: 1 << 30, shift: 0))
    #expect(FixedPointMultiplier(0) == FixedPointMultiplier(multiplier: 0, shift: 0))
    #expect(FixedPointMultiplier(0x1p-40) == FixedPointMultiplier(multiplier: 0, shift: 0))
    // Rounds up to the next power of two.
    #expect(
      FixedPointMultiplier(1 - 0x1p-33) == FixedPointMultiplier(multiplier: 1 << 30, shift: 1))
    #expect(FixedPointMultiplier(0x1p40).shift == 30)
  }
}
