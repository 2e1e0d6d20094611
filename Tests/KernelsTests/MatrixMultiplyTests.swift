// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct MatrixMultiplyTests {
  /// A product with operands of its own, surrounded by NaN that must be neither read nor
  /// overwritten.
  private struct Case {
    var m: Int
    var k: Int
    var n: Int
    var aTransposed = false
    var bTransposed = false
    var gap = 0
    var addend = 0
    var activation: ActivationFunction?

    func run(threadCount: Int, seed: UInt64 = 1) throws -> (actual: [Float], expected: [Float]) {
      let pool = try #require(ThreadPool(threadCount: threadCount))
      var random = RandomGenerator(seed: seed)
      let a = (0..<max(1, m * k)).map { _ in random.uniform(-1..<1) }
      let b = (0..<max(1, k * n)).map { _ in random.uniform(-1..<1) }
      let bias = (0..<max(1, n)).map { _ in random.uniform(-1..<1) }
      let stride = n + gap
      var c = [Float](repeating: .nan, count: m * stride + 1)
      for i in 0..<m { for j in 0..<n { c[i * stride + j] = random.uniform(-1..<1) } }
      let layout = PanelLayout(depth: k, columns: n)
      var packed = [Float](repeating: .nan, count: max(1, layout.count))
      layout.pack(
        from: b, rowStride: bTransposed ? 1 : n, columnStride: bTransposed ? k : 1, into: &packed,
        pool: pool)
      var expected = c
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          bias.withUnsafeBufferPointer { bias in
            guard let a = a.baseAddress, let b = b.baseAddress, let bias = bias.baseAddress
            else { return }
            let left = MatrixMultiply.LeftFactor(
              a, rowStride: aTransposed ? 1 : k, columnStride: aTransposed ? m : 1)
            let right = MatrixMultiply.LeftFactor(
              b, rowStride: bTransposed ? 1 : n, columnStride: bTransposed ? k : 1)
            let addend: MatrixMultiply.Addend = [.zero, .existing, .bias(bias)][addend]
            MatrixMultiply.multiply(
              left, rows: m, packed, layout, into: &c, rowStride: stride, adding: addend,
              activation: activation, pool: pool)
            MatrixMultiply.reference(
              left, rows: m, right, layout, into: &expected, rowStride: stride, adding: addend,
              activation: activation)
          }
        }
      }
      return (c.map { $0.isNaN ? -99 : $0 }, expected.map { $0.isNaN ? -99 : $0 })
    }
  }

  @Test(arguments: [0, 1, 2, 3, 5, 7, 8, 9, 14, 23])
  func `equals the sums for any number of rows`(m: Int) throws {
    for n in [0, 1, 3, 15, 16, 17, 31, 32, 33, 40, 64, 70] {
      for k in [0, 1, 2, 9] {
        let (actual, expected) = try Case(m: m, k: k, n: n, gap: n % 3).run(threadCount: 2)
        expectClose(actual, expected, "m \(m) k \(k) n \(n)")
      }
    }
  }

  @Test(arguments: [0, 1, 2], [nil, ActivationFunction.relu, .relu6, .leakyReLU(slope: 0.25)])
  func `adds and activates`(addend: Int, activation: ActivationFunction?) throws {
    for n in [5, 16, 24, 32, 50] {
      for (aTransposed, bTransposed) in [(false, false), (true, false), (false, true)] {
        let (actual, expected) = try Case(
          m: 21, k: 40, n: n, aTransposed: aTransposed, bTransposed: bTransposed, gap: 2,
          addend: addend, activation: activation
        ).run(threadCount: 1)
        expectClose(actual, expected, "n \(n)")
      }
    }
  }

  @Test func `gives the same bytes for any number of threads`() throws {
    let product = Case(m: 83, k: 1030, n: 100, addend: 2)
    let (one, expected) = try product.run(threadCount: 1)
    expectClose(one, expected, tolerance: 1e-4)
    for threadCount in [2, 5] { #expect(try product.run(threadCount: threadCount).actual == one) }
  }

  @Test func `gives the same bytes for a row alone as among others`() throws {
    var random = RandomGenerator(seed: 3)
    let a = (0..<13 * 50).map { _ in random.uniform(-1..<1) }
    let b = (0..<50 * 40).map { _ in random.uniform(-1..<1) }
    let layout = PanelLayout(depth: 50, columns: 40)
    let pool = try #require(ThreadPool(threadCount: 1))
    var packed = [Float](repeating: 0, count: layout.count)
    layout.pack(from: b, rowStride: 40, columnStride: 1, into: &packed, pool: pool)
    var together = [Float](repeating: 0, count: 13 * 40)
    var alone = together
    a.withUnsafeBufferPointer { a in
      guard let a = a.baseAddress else { return }
      let factor = MatrixMultiply.LeftFactor(a, rowStride: 50)
      let panels = 0..<layout.panelCount
      MatrixMultiply.multiply(
        factor, rows: 13, packed, layout, panels: panels, into: &together, rowStride: 40)
      for i in 0..<13 {
        alone.withUnsafeMutableBufferPointer { c in
          guard let c = c.baseAddress else { return }
          MatrixMultiply.multiply(
            factor.dropping(rows: i), rows: 1, packed, layout, panels: panels, into: c + i * 40,
            rowStride: 40)
        }
      }
    }
    #expect(together == alone)
  }

  @Test func `lets NaN through activations`() throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    let layout = PanelLayout(depth: 1, columns: 32)
    var packed = [Float](repeating: 0, count: layout.count)
    layout.pack(
      from: [Float](repeating: .nan, count: 32), rowStride: 32, columnStride: 1, into: &packed,
      pool: pool)
    var c = [Float](repeating: 0, count: 32)
    MatrixMultiply.multiply(
      .init(packed, rowStride: 1), rows: 1, packed, layout, into: &c, rowStride: 32,
      activation: .relu6, pool: pool)
    #expect(c.allSatisfy { $0.isNaN })
  }
}
