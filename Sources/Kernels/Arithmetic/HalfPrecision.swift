// SPDX-License-Identifier: Apache-2.0

/// IEEE 754 binary16, as bits: `Float16` does not exist on every host.
package enum HalfPrecision {
  /// The value of `half`, exactly.
  package static func widened(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10 & 0x1F)
    let fraction = UInt32(half & 0x3FF)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  /// The half nearest to `value`, of two equally near the even one; what is too large becomes the
  /// largest finite half, so that no weight turns infinite.
  package static func rounded(_ value: Float) -> UInt16 {
    let sign = UInt16(value.bitPattern >> 16 & 0x8000)
    if value.isNaN { return sign | 0x7E00 }
    let magnitude = abs(value)
    if magnitude >= 65504 { return sign | 0x7BFF }
    // Below 2⁻¹⁴ halves are whole multiples of 2⁻²⁴; above, adding the exponent's bias is exact.
    if magnitude < 0x1p-14 { return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven)) }
    let bits = magnitude.bitPattern - 112 << 23
    let isOdd = bits >> 13 & 1
    return sign | UInt16((bits + 0xFFF + isOdd) >> 13)
  }
}
