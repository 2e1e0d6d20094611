// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct SoftmaxTests {
  @Test(arguments: TestShape.all)
  func `softmax and its gradient are those of the reference`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 20)
    let x = shape.tensor(&random)
    let y = shape.tensor(&random)
    let dy = shape.tensor(&random)
    let before = shape.tensor(&random).elements
    func reference(_ x: [Double]) -> [Double] {
      shape.reference(x) { Softmax.reference($0, into: $1) }
    }
    let forward = try withAnyThreadCount { pool in
      y.set(x.elements)
      Softmax.forward(y.view, into: y.view, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    expectClose(
      forward, reference(x.doubles).map(Float.init), tolerance: 1e-6)
    for accumulate in [false, true] {
      let gradient = try withAnyThreadCount { pool in
        let dx = shape.tensor(&random)
        dx.set(before)
        Softmax.gradient(
          output: y.view, of: dy.view, into: dx.view, accumulate: accumulate, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        gradient, over: accumulate ? before : nil,
        of: reference, at: x.doubles, weights: dy.doubles)
    }
  }

  @Test func `large logits do not overflow`() throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    var random = RandomGenerator(seed: 21)
    let x = TestShape(1, 1, 1, 3).tensor(&random)
    x.set([1000, 1000, -1000])
    Softmax.forward(x.view, into: x.view, pool: pool)
    #expect(x.elements == [0.5, 0.5, 0])
  }
}
