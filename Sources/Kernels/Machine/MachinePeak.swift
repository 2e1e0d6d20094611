// SPDX-License-Identifier: Apache-2.0
import CPlatform

/// The rate at which this machine multiplies and adds when nothing holds it up.
package enum MachinePeak {
  /// Floating-point operations a second (two a multiply-add) of all threads of `pool` together,
  /// measured in about 20 ms on independent chains of fused multiply-adds in registers.
  package static func measure(_ pool: ThreadPool) -> Double {
    let iterations = 100_000
    var best = 0.0
    // Items by far outnumber threads, so that one that starts late costs little.
    let itemCount = 16 * pool.threadCount
    for _ in 0..<3 {
      let start = ocelli_clock_nanoseconds()
      pool.forEach(itemCount) { _, _ in sink(chains(iterations)) }
      let seconds = Double(ocelli_clock_nanoseconds() - start) * 1e-9
      let operations = Double(iterations * chainCount * Machine.vectorFloats * 2 * itemCount)
      best = max(best, operations / seconds)
    }
    return best
  }

  private static let chainCount = 12

  /// Keeps the result from being optimised away.
  @inline(never) private static func sink(_ value: Vector) {}

  @inline(never) private static func chains(_ iterations: Int) -> Vector {
    let (x, y) = (Vector(repeating: 0.999), Vector(repeating: 0.001))
    var (a, b, c, d, e, f) = (x, x, x, x, x, x)
    var (g, h, i, j, k, l) = (x, x, x, x, x, x)
    for _ in 0..<iterations {
      a = y.addingProduct(a, x)
      b = y.addingProduct(b, x)
      c = y.addingProduct(c, x)
      d = y.addingProduct(d, x)
      e = y.addingProduct(e, x)
      f = y.addingProduct(f, x)
      g = y.addingProduct(g, x)
      h = y.addingProduct(h, x)
      i = y.addingProduct(i, x)
      j = y.addingProduct(j, x)
      k = y.addingProduct(k, x)
      l = y.addingProduct(l, x)
    }
    return a + b + c + d + e + f + g + h + i + j + k + l
  }
}
