// SPDX-License-Identifier: Apache-2.0
import Kernels
import Testing

@Suite struct FixedPointMultiplierTests {
  /// TensorFlow Lite's rule in the words of gemmlowp: the high half of the doubled product, rounded
  /// to nearest with a nudge of the product's sign and a division that truncates; then a rounding
  /// division by a power of two, by remainder and threshold.
  static func oracle(_ x: Int32, _ factor: FixedPointMultiplier) -> Int32 {
    let left = max(factor.shift, 0)
    let right = max(-factor.shift, 0)
    let product = Int64(x << left) * Int64(factor.multiplier)
    let nudge: Int64 = product >= 0 ? 1 << 30 : 1 - (1 << 30)
    let high = Int32((product + nudge) / (1 << 31))
    let mask = Int32((Int64(1) << Int64(right)) - 1)
    let remainder = high & mask
    let threshold = (mask >> 1) + (high < 0 ? 1 : 0)
    return (high >> right) + (remainder > threshold ? 1 : 0)
  }

  static func power(_ exponent: Int32) -> Double {
    Double(sign: .plus, exponent: Int(exponent), significand: 1)
  }

  @Test func `the rule is that of TensorFlow Lite around every tie`() {
    var random = RandomGenerator(seed: 51)
    for shift in Int32(-31)...4 {
      var multipliers: [Int32] = [1 << 30, (1 << 30) + 1, Int32.max, 0x6000_0000, 0]
      for _ in 0..<40 { multipliers.append((1 << 30) + Int32(random.index(below: 1 << 30))) }
      for multiplier in multipliers {
        let factor = FixedPointMultiplier(multiplier: multiplier, shift: shift)
        let real = Self.power(shift - 31) * max(Double(multiplier), 1)
        let limit = Int32.max >> max(shift, 0)
        for y in -300...300 {
          let tie = (Double(y) + 0.5) / real
          guard abs(tie) < Double(limit) - 4 else { continue }
          for x in Int32(tie) - 2...Int32(tie) + 2 {
            #expect(factor.apply(x) == Self.oracle(x, factor), "\(x) · \(factor)")
          }
        }
        for x in [limit, limit - 1, -limit, -limit - 1, 0, 1, -1] {
          #expect(factor.apply(x) == Self.oracle(x, factor), "\(x) · \(factor)")
        }
      }
    }
  }

  @Test func `a factor is represented to 31 bits`() {
    for real in [1e-9, 0.1, 0.25, 0.3333333, 0.5, 0.99999999999, 1, 1.5, 1000] {
      let factor = FixedPointMultiplier(real)
      let value = Double(factor.multiplier) * Self.power(factor.shift - 31)
      #expect(abs(value - real) <= real * 0x1p-31)
      #expect(factor.multiplier >= 1 << 30)
    }
    #expect(FixedPointMultiplier(0).multiplier == 0)
    #expect(FixedPointMultiplier(0x1p-40).multiplier == 0)
  }

  /// 1 · ¼ becomes ½ first, and then 1.
  @Test func `a quarter is rounded up by two roundings and down by one`() {
    let quarter = FixedPointMultiplier(0.25)
    #expect([2, -2, 1, -1, 6, -6].map { quarter.apply($0) } == [1, -1, 1, 0, 2, -2])
    #expect([2, -2, 1, -1, 6, -6].map { quarter.applyRoundingOnce($0) } == [1, 0, 0, 0, 2, -1])
  }
}
