// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The binomial distribution of a fair coin.
enum Binomial {
  /// p = min(1, 2 · Σ_{i ≤ min(k, n−k)} C(n, i) · 2⁻ⁿ): the two-sided exact test of `successes` in
  /// `count` throws.
  ///
  /// Only the largest term is computed by itself; each other one follows by C(n, i−1) = C(n, i) · i
  /// / (n − i + 1), so the relative error stays near that of one logarithm, however large n is.
  static func twoSidedP(_ successes: Int, of count: Int) -> Double {
    precondition(0 <= successes && successes <= count, "successes are some of all throws")
    let tail = min(successes, count - successes)
    guard 2 * tail < count else { return 1 }
    let largest = probability(of: tail, in: count)
    var sum = 0.0
    var term = 1.0
    for i in stride(from: tail, through: 0, by: -1) {
      sum += term
      term *= Double(i) / Double(count - i + 1)
      if term < sum * 0x1p-60 { break }
    }
    return min(1, 2 * largest * sum)
  }

  /// C(n, k) · 2⁻ⁿ by the saddle-point expansion of C. Loader ("Fast and Accurate Computation of
  /// Binomial Probabilities", 2000), which loses no digits to the difference of large log-gamma
  /// values.
  static func probability(of k: Int, in n: Int) -> Double {
    if k == 0 || k == n { return exp2(-Double(n)) }
    let (x, y) = (Double(k), Double(n - k))
    let half = Double(n) / 2
    let exponent =
      stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(x, half)
      - deviance(y, half)
    return exp(exponent) * (Double(n) / (2 * Double.pi * x * y)).squareRoot()
  }

  /// ln n! − (n + ½) ln n + n − ½ ln 2π.
  private static func stirlingError(_ n: Int) -> Double {
    let x = Double(n)
    if n <= 15 {
      let factorial = (1...max(1, n)).reduce(1.0) { $0 * Double($1) }
      return log(factorial) - (x + 0.5) * log(x) + x - 0.5 * log(2 * Double.pi)
    }
    let s = 1 / (x * x)
    return (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0 - s / 1188) * s) * s) * s) / x
  }

  /// x ln(x / m) + m − x, without cancellation where x is near m.
  private static func deviance(_ x: Double, _ m: Double) -> Double {
    guard abs(x - m) < 0.1 * (x + m) else { return x * log(x / m) + m - x }
    let v = (x - m) / (x + m)
    var sum = (x - m) * v
    var power = 2 * x * v
    for divisor in stride(from: 3.0, through: 2001, by: 2) {
      power *= v * v
      let next = sum + power / divisor
      if next == sum { break }
      sum = next
    }
    return sum
  }
}
