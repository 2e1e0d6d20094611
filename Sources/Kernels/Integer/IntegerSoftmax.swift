// SPDX-License-Identifier: Apache-2.0

/// Softmax over the channels of a quantised tensor, into scale 1/256 and zero point −128:
///
///     e[c] = exp(−β · s_x · (max x − x[c])),   y[c] = clamp(R(256 · e[c] / Σ R(e)) − 128)
///
/// The rule of TensorFlow Lite's reference kernel SOFTMAX, bit for bit, all in integers:
/// exponentials have 31 fractional bits, their sum is of 19, and its reciprocal comes from Newton's
/// iteration. The zero point of the input does not matter.
///
/// **Numbers**: the sum is below 2³¹ for fewer than 4096 channels.
package enum IntegerSoftmax {
  /// The equation for one pixel in real numbers: the bytes are within one step of these.
  package static func reference(_ x: [Int8], inputScale: Float, beta: Float) -> [Double] {
    let e = x.map { ElementaryFunctions.doubleExp(Double(beta * inputScale) * Double($0)) }
    return e.map { min(127, 256 * $0 / e.reduce(0, +) - 128) }
  }

  /// Results for all differences max x − x[c], with 31 fractional bits: what ``apply`` needs.
  ///
  /// Differences of which β · s_x times is beyond what 26 fractional bits hold give 0.
  package static func table(inputScale: Float, beta: Float) -> [Int32] {
    let real = min(Double(beta) * Double(inputScale) * 0x1p26, 0x1p31 - 1)
    let multiplier = FixedPointMultiplier(real)
    let furthest = (31 << 26) >> multiplier.shift
    return (0..<256).map { difference in
      guard difference <= furthest else { return 0 }
      return FixedPointFraction.exponential(ofNegative: multiplier.apply(-Int32(difference)))
    }
  }

  /// **Shapes**: equal, pixel strides may differ; `y` may be `x`. **Preconditions**: fewer than
  /// 4096 channels.
  package static func apply(
    _ table: UnsafePointer<Int32>, _ x: TensorView<Int8>, into y: TensorView<Int8>, pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "a softmax keeps the shape")
    precondition(y.channels < 4096, "a softmax has fewer than 4096 channels")
    guard y.channels > 0 else { return }
    let grain = max(1, 2048 / y.channels)
    pool.forEachRange(of: y.pixelCount, grain: grain) { pixels, _ in
      for pixel in pixels {
        normalise(table, x.pixel(pixel), into: y.pixel(pixel), count: y.channels)
      }
    }
  }

  private static func normalise(
    _ table: UnsafePointer<Int32>, _ x: UnsafePointer<Int8>, into y: UnsafeMutablePointer<Int8>,
    count: Int
  ) {
    var largest = Int(Int8.min)
    for c in 0..<count { largest = max(largest, Int(x[c])) }
    var sum: Int32 = 0
    for c in 0..<count { sum &+= FixedPointFraction.halved(table[largest - Int(x[c])], times: 12) }
    // The sum is (1 + f) · 2^integerBits, 0 ≤ f < 1, of 12 integer bits at most.
    let headroom = Int32(sum.leadingZeroBitCount)
    let fraction = Int32(truncatingIfNeeded: (Int64(sum) << Int64(headroom)) - (1 << 31))
    let reciprocal = FixedPointFraction.reciprocal(ofOnePlus: fraction)
    let shift = 12 - headroom + 31 - 8
    for c in 0..<count {
      let share = FixedPointFraction.product(reciprocal, table[largest - Int(x[c])])
      y[c] = Int8(clamping: FixedPointFraction.halved(share, times: shift) - 128)
    }
  }
}

/// Arithmetic on fractions in 32 bits, real = x / 2³¹, and on numbers of b integer bits, real = x /
/// 2^(31−b): the rules of gemmlowp's `fixedpoint.h`, bit for bit.
enum FixedPointFraction {
  /// x · y / 2³¹, halves up; of b and c integer bits, the product has b + c.
  static func product(_ x: Int32, _ y: Int32) -> Int32 {
    Int32(truncatingIfNeeded: (Int64(x) * Int64(y) + (1 << 30)) >> 31)
  }

  /// x / 2^count, halves away from zero; x itself for a count of 0.
  static func halved(_ x: Int32, times count: Int32) -> Int32 {
    guard count > 0 else { return x }
    let half = (Int64(1) << Int64(count - 1)) - (x < 0 ? 1 : 0)
    return Int32(truncatingIfNeeded: (Int64(x) + half) >> Int64(count))
  }

  /// x · 2^count, saturated.
  static func doubled(_ x: Int32, times count: Int32) -> Int32 {
    Int32(clamping: Int64(x) << Int64(count))
  }

  /// exp(x / 2²⁶) for x ≤ 0, as a fraction; that of 0 is the largest there is.
  ///
  /// x is −¼ · k − r with 0 < r ≤ ¼: exp(−r) comes from a polynomial, and is multiplied by the
  /// powers exp(−2^j) whose bits k has.
  static func exponential(ofNegative x: Int32) -> Int32 {
    if x == 0 { return Int32.max }
    let quarter: Int32 = 1 << 24
    let rest = (x & (quarter - 1)) - quarter
    let multiples = rest - x
    // exp(−2^j) for j = −2 ... 4.
    let powers: SIMD8<Int32> = [
      1_672_461_947, 1_302_514_674, 790_015_084, 290_630_308, 39_332_535, 720_401, 242, 0,
    ]
    var result = exponential(ofSmall: doubled(rest, times: 5))
    for j in 0..<7 where multiples & (quarter << Int32(j)) != 0 {
      result = product(result, powers[j])
    }
    return result
  }

  /// exp(x) for −¼ ≤ x < 0, both fractions: e^(−1/8) · (1 + t + t²/2 + t³/6 + t⁴/24), t = x + 1/8.
  private static func exponential(ofSmall x: Int32) -> Int32 {
    let center: Int32 = 1_895_147_668
    let third: Int32 = 715_827_883
    let t = x + (1 << 28)
    let square = product(t, t)
    let cube = product(square, t)
    let fourth = product(square, square)
    let tail = product(halved(fourth, times: 2) + cube, third) + square
    return center + product(center, t + halved(tail, times: 1))
  }

  /// 1 / (1 + x) for 0 ≤ x < 1, both fractions.
  ///
  /// Newton's iteration r ← r + r · (1 − d · r) for the reciprocal of d = (1 + x) / 2, three times
  /// from 48/17 − 32/17 · d, with 2 integer bits; half of it is wanted.
  static func reciprocal(ofOnePlus x: Int32) -> Int32 {
    // Rounded away from zero; 1 itself is the largest fraction.
    let half = Int32((Int64(x) + Int64(Int32.max) + 1) / 2)
    var r = 1_515_870_810 + product(half, -1_010_580_540)
    for _ in 0..<3 {
      let rest = (1 << 29) - product(half, r)
      r += doubled(product(r, rest), times: 2)
    }
    return doubled(r, times: 1)
  }
}
