// SPDX-License-Identifier: Apache-2.0

/// A real number in fixed point: value = raw · 2^(integerBits − 31), in the arithmetic of gemmlowp
/// (`fixedpoint.h`), which TensorFlow Lite's softmax and sigmoid are written in.
struct FixedPoint: Equatable {
  var raw: Int32
  /// Bits before the point, the sign not counted.
  var integerBits: Int32

  /// The product; its integer bits are the sum of both factors'.
  static func * (a: FixedPoint, b: FixedPoint) -> FixedPoint {
    FixedPoint(raw: doublingHighProduct(a.raw, b.raw), integerBits: a.integerBits + b.integerBits)
  }

  static func + (a: FixedPoint, b: FixedPoint) -> FixedPoint {
    FixedPoint(raw: a.raw &+ b.raw, integerBits: a.integerBits)
  }

  static func - (a: FixedPoint, b: FixedPoint) -> FixedPoint {
    FixedPoint(raw: a.raw &- b.raw, integerBits: a.integerBits)
  }

  /// 1, or the largest number below it.
  static func one(integerBits: Int32) -> FixedPoint {
    FixedPoint(
      raw: integerBits == 0 ? .max : 1 << (31 - integerBits), integerBits: integerBits)
  }

  /// The value · 2^`exponent` with the same integer bits, rounded or saturated.
  func scaled(by exponent: Int32) -> FixedPoint {
    FixedPoint(
      raw: exponent < 0
        ? Self.roundingShift(raw, by: -exponent)
        : Int32(clamping: Int64(raw) << Int64(exponent)),
      integerBits: integerBits)
  }

  /// The same value with other integer bits.
  func rescaled(integerBits: Int32) -> FixedPoint {
    FixedPoint(
      raw: scaled(by: self.integerBits - integerBits).raw, integerBits: integerBits)
  }

  /// ⌊(a·b + 2³⁰) / 2³¹⌋; −2³¹ · −2³¹ saturates.
  static func doublingHighProduct(_ a: Int32, _ b: Int32) -> Int32 {
    if a == .min && b == .min { return .max }
    return Int32(truncatingIfNeeded: (Int64(a) * Int64(b) + 1 << 30) >> 31)
  }

  /// x / 2^`exponent`, halves rounded away from zero.
  static func roundingShift(_ x: Int32, by exponent: Int32) -> Int32 {
    let mask = Int32(truncatingIfNeeded: (Int64(1) << Int64(exponent)) - 1)
    let threshold = (mask >> 1) + (x < 0 ? 1 : 0)
    return (x >> exponent) + ((x & mask) > threshold ? 1 : 0)
  }
}

extension FixedPoint {
  /// eᵃ for a ≤ 0, with no integer bits.
  ///
  /// The part of a below a quarter goes through a polynomial; each of the other bits multiplies by
  /// its own power of e.
  static func exponential(ofNegative a: FixedPoint) -> FixedPoint {
    if a.raw == 0 { return .one(integerBits: 0) }
    let fractionBits = 31 - a.integerBits
    let quarter = Int32(1) << (fractionBits - 2)
    let remainder = (a.raw & (quarter - 1)) - quarter
    var result = exponentialNearZero(
      FixedPoint(raw: remainder, integerBits: a.integerBits).rescaled(integerBits: 0))
    let rest = remainder &- a.raw
    // e^(−2^k) for k = −2, −1, …
    let powers: [Int32] = [
      1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242,
    ]
    for (index, power) in powers.enumerated() {
      let exponent = Int32(index) - 2
      guard a.integerBits > exponent else { break }
      if rest & (1 << (fractionBits + exponent)) != 0 {
        result = result * FixedPoint(raw: power, integerBits: 0)
      }
    }
    return result
  }

  /// eᵃ for −1/4 ≤ a < 0: Taylor's series about −1/8 to the fourth power.
  private static func exponentialNearZero(_ a: FixedPoint) -> FixedPoint {
    let constant = FixedPoint(raw: 1_895_147_668, integerBits: 0)
    let third = FixedPoint(raw: 715_827_883, integerBits: 0)
    let x = a + FixedPoint(raw: 1 << 28, integerBits: 0)
    let x2 = x * x
    let x3 = x2 * x
    let x4 = x2 * x2
    let higher = ((x4.scaled(by: -2) + x3) * third + x2).scaled(by: -1)
    return constant + constant * (x + higher)
  }

  /// 1 / (1 + a) for 0 ≤ a < 1 by three steps of Newton and Raphson.
  static func reciprocalOfOnePlus(_ a: FixedPoint) -> FixedPoint {
    let sum = Int64(a.raw) + Int64(Int32.max)
    let half = FixedPoint(raw: Int32((sum + (sum >= 0 ? 1 : -1)) / 2), integerBits: 0)
    let first = FixedPoint(raw: -1_010_580_540, integerBits: 2)
    var x = FixedPoint(raw: 1_515_870_810, integerBits: 2) + half * first
    for _ in 0..<3 {
      let error = FixedPoint.one(integerBits: 2) - half * x
      x = x + (x * error).rescaled(integerBits: 2)
    }
    // Halving is a change of the point alone.
    return FixedPoint(raw: x.raw, integerBits: 1).rescaled(integerBits: 0)
  }
}
