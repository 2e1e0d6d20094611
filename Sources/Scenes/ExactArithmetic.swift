// SPDX-License-Identifier: Apache-2.0

/// Functions of `+ − × ÷ √` alone, which IEEE 754 rounds alike on every machine. The sine of the C
/// library differs in its last bit between machines, and so would a scene's bytes.
enum ExactArithmetic {
  /// sin(2π · `turns`), within 4·10⁻⁶.
  ///
  /// The odd Taylor polynomial of degree 9 on a quarter turn, where its remainder is below (π/2)¹¹
  /// / 11!.
  @inline(__always) static func sine(turns: Float) -> Float {
    let wrapped = turns - turns.rounded(.toNearestOrAwayFromZero)  // [-½, ½]
    var quarter = wrapped
    if wrapped > 0.25 { quarter = 0.5 - wrapped }
    if wrapped < -0.25 { quarter = -0.5 - wrapped }
    let x = quarter * 6.283_185_3
    let square = x * x
    let tail = -1.984_127e-4 + square * 2.755_731_9e-6
    return x * (1 + square * (-0.166_666_67 + square * (8.333_333e-3 + square * tail)))
  }

  /// cos(2π · `turns`). See `sine(turns:)`.
  @inline(__always) static func cosine(turns: Float) -> Float { sine(turns: turns + 0.25) }

  /// `value`, clamped to [0, 1].
  @inline(__always) static func clamped(_ value: Float) -> Float {
    value < 0 ? 0 : (value > 1 ? 1 : value)
  }

  /// 0 below `low`, 1 above `high`, and 3t² − 2t³ between them.
  @inline(__always) static func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
    let t = clamped((value - low) / (high - low))
    return t * t * (3 - 2 * t)
  }
}
