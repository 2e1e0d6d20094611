// SPDX-License-Identifier: Apache-2.0
import CIntrinsics
import CPlatform

/// The rate at which this machine multiplies and adds when nothing holds it up.
package enum MachinePeak {
  /// Floating-point operations a second (two a multiply-add) of all threads of `pool` together,
  /// measured in about 20 ms on independent chains of fused multiply-adds in registers.
  package static func measure(_ pool: ThreadPool) -> Double {
    rate(pool, operations: 2 * Machine.vectorFloats) { chains($0).bits }
  }

  /// Integer operations a second (two a product) of `ocelli_dot`, measured likewise.
  package static func measureInteger(_ pool: ThreadPool) -> Double {
    rate(pool, operations: 2 * Machine.vectorFloats * Machine.dotElements) { integerChains($0) }
  }

  /// The rate of `chainCount` instructions of so many operations, of which `body` runs as many
  /// times as it is told. Its results are kept, so that it is not optimised away.
  private static func rate(
    _ pool: ThreadPool, operations: Int, _ body: (_ iterations: Int) -> IntegerVector
  ) -> Double {
    let iterations = 100_000
    var best = 0.0
    // Items by far outnumber threads, so that one that starts late costs little.
    let itemCount = 16 * pool.threadCount
    withUnsafeTemporaryAllocation(of: IntegerVector.self, capacity: itemCount) { results in
      guard let results = results.baseAddress else { return }
      for _ in 0..<3 {
        let start = ocelli_clock_nanoseconds()
        pool.forEach(itemCount) { item, _ in results[item] = body(iterations) }
        let seconds = Double(ocelli_clock_nanoseconds() - start) * 1e-9
        best = max(best, Double(iterations * chainCount * operations * itemCount) / seconds)
      }
    }
    return best
  }

  private static let chainCount = 12

  @inline(never) private static func chains(_ iterations: Int) -> Vector {
    let (x, y) = (Vector(repeating: 0.999), Vector(repeating: 0.001))
    // Chains that begin alike would be computed once.
    var (a, b, c, d, e, f) = (x, x + 1, x + 2, x + 3, x + 4, x + 5)
    var (g, h, i, j, k, l) = (x + 6, x + 7, x + 8, x + 9, x + 10, x + 11)
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

  @inline(never) private static func integerChains(_ iterations: Int) -> IntegerVector {
    let (x, y) = (IntegerVector(repeating: 0x0102_0304), IntegerVector(repeating: 0x0101_0101))
    var (a, b, c, d, e, f) = (x, x &+ 1, x &+ 2, x &+ 3, x &+ 4, x &+ 5)
    var (g, h, i, j, k, l) = (x &+ 6, x &+ 7, x &+ 8, x &+ 9, x &+ 10, x &+ 11)
    // Factors that stay the same would be multiplied once.
    var z = y
    for _ in 0..<iterations {
      z &+= y
      a = ocelli_dot(a, z, y)
      b = ocelli_dot(b, z, y)
      c = ocelli_dot(c, z, y)
      d = ocelli_dot(d, z, y)
      e = ocelli_dot(e, z, y)
      f = ocelli_dot(f, z, y)
      g = ocelli_dot(g, z, y)
      h = ocelli_dot(h, z, y)
      i = ocelli_dot(i, z, y)
      j = ocelli_dot(j, z, y)
      k = ocelli_dot(k, z, y)
      l = ocelli_dot(l, z, y)
    }
    return a &+ b &+ c &+ d &+ e &+ f &+ g &+ h &+ i &+ j &+ k &+ l
  }
}
