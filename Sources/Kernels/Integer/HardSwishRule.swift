// SPDX-License-Identifier: Apache-2.0

/// x · min(max(x + 3, 0), 6) / 6 of one integer, in the 16-bit arithmetic of TensorFlow Lite's
/// reference kernel HARD_SWISH:
///
///     h = 2⁷ · d,   o = ⌊h · m_o⌉,   r = (clamp(⌊h · m_r⌉) + 2¹⁵) / 2,   y = z_y + ⌊r · o⌉ / 2^e
///
/// h is the input at a finer scale, o it at the output's scale times 2^e, and r the factor in [0,
/// 1) that stands for min(max(x + 3, 0), 6) / 6.
struct HardSwishRule {
  /// A real factor as multiplier · 2^(exponent − 15), the multiplier in 2¹⁴...2¹⁵.
  private struct Factor {
    let multiplier: Int16
    let exponent: Int32

    init(_ real: Float) {
      let fixed = FixedPointMultiplier(Double(real))
      multiplier = Int16(clamping: (Int64(fixed.multiplier) + 0x8000) >> 16)
      exponent = fixed.shift
    }
  }

  private let toOutput: Factor
  private let toUnit: Factor
  private let zeroPoint: Int32

  init(input: AffineQuantization, output: AffineQuantization) {
    let fine = input.scale * 0x1p-7
    toOutput = Factor(fine / output.scale)
    toUnit = Factor(fine / (3 * 0x1p-15))
    zeroPoint = output.zeroPoint
  }

  /// The output integer for the difference `d` of an input from its zero point, in the range of
  /// `Int16`.
  func apply(_ d: Int32) -> Int32 {
    let fine = Int16(truncatingIfNeeded: d << 7)
    let atOutput = Self.roundedHighProduct(fine, toOutput.multiplier)
    var unit = fine
    let exponent = toUnit.exponent
    if exponent > 0 { unit = Self.shiftedLeft(unit, by: exponent - 1) }
    unit = Self.roundedHighProduct(unit, toUnit.multiplier)
    if exponent > 0 { unit = Self.shiftedLeft(unit, by: 1) }
    if exponent < 0 { unit = Self.shiftedRight(unit, by: -exponent) }
    let factor = Int16((Int32(unit) + 0x8000) >> 1)
    let product = Int16(Int32(factor) * Int32(atOutput) / 0x8000)
    return Int32(Self.shiftedRight(product, by: -toOutput.exponent)) + zeroPoint
  }

  /// x · y / 2¹⁵, halves up.
  private static func roundedHighProduct(_ x: Int16, _ y: Int16) -> Int16 {
    Int16(clamping: (Int32(x) * Int32(y) + 0x4000) >> 15)
  }

  /// x · 2^count, saturated.
  private static func shiftedLeft(_ x: Int16, by count: Int32) -> Int16 {
    Int16(clamping: Int64(x) << Int64(count))
  }

  /// x / 2^count, halves away from zero.
  private static func shiftedRight(_ x: Int16, by count: Int32) -> Int16 {
    guard count > 0 else { return x }
    let half = (Int64(1) << Int64(count - 1)) - (x < 0 ? 1 : 0)
    return Int16((Int64(x) + half) >> Int64(count))
  }
}
