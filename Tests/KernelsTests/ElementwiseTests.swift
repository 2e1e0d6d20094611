// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct AdditionTests {
  @Test(arguments: TestShape.all, [nil, .relu, .gelu] as [ActivationFunction?])
  func `adds element by element, then activates`(shape: TestShape, activation: ActivationFunction?)
    throws
  {
    var random = RandomGenerator(seed: 30)
    let (a, b) = (shape.tensor(&random), shape.tensor(&random))
    let actual = try withAnyThreadCount { pool in
      let y = shape.tensor(&random)
      y.set(b.elements)
      Addition.forward(a.view, y.view, activation: activation, into: y.view, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    let expected = zip(a.doubles, b.doubles).map { Float(reference(activation, $0 + $1)) }
    expectClose(actual, expected, tolerance: 1e-6)
  }
}

struct CopyTests {
  @Test(arguments: TestShape.all, [false, true])
  func `copies between views of different strides`(shape: TestShape, accumulate: Bool) throws {
    var random = RandomGenerator(seed: 31)
    let source = shape.tensor(&random)
    let other = TestShape(
      shape.batch, shape.height, shape.width, shape.channels, gap: shape.gap == 0 ? 5 : 0)
    let before = other.tensor(&random).elements
    for targetShape in [shape, other] {
      let actual = try withAnyThreadCount { pool in
        let target = targetShape.tensor(&random)
        target.set(before)
        Copy.run(source.view, into: target.view, accumulate: accumulate, pool: pool)
        expectUntouchedGaps(target, source)
        return target.elements
      }
      #expect(actual == zip(source.elements, before).map { $0 + (accumulate ? $1 : 0) })
    }
  }

  @Test(arguments: TestShape.all)
  func `fills all elements and no gaps`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 32)
    let actual = try withAnyThreadCount { pool in
      let target = shape.tensor(&random)
      Copy.fill(target.view, with: 2.5, pool: pool)
      expectUntouchedGaps(target)
      return target.elements
    }
    #expect(actual.allSatisfy { $0 == 2.5 })
  }
}

struct DropoutTests {
  @Test(arguments: TestShape.all)
  func `keeps the same elements in both directions and any layout`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 33)
    let x = shape.tensor(&random)
    let before = shape.tensor(&random).elements
    let forward = try withAnyThreadCount { pool in
      let y = shape.tensor(&random)
      Dropout.forward(x.view, into: y.view, rate: 0.25, seed: 7, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    for (x, y) in zip(x.elements, forward) { #expect(y == 0 || y == x * (1 / 0.75)) }
    let dense = TestShape(shape.batch, shape.height, shape.width, shape.channels)
    let gradient = try withAnyThreadCount { pool in
      let dx = dense.tensor(&random)
      dx.set(before)
      Dropout.gradient(
        of: x.view, into: dx.view, rate: 0.25, seed: 7, accumulate: true, pool: pool)
      return dx.elements
    }
    #expect(gradient == zip(forward, before).map { $0 + $1 })
  }

  @Test func `drops the given share, anew for each seed`() throws {
    let pool = try #require(ThreadPool(threadCount: 2))
    var random = RandomGenerator(seed: 34)
    let shape = TestShape(1, 50, 50, 40)
    let x = shape.tensor(&random)
    x.set([Float](repeating: 1, count: shape.count))
    func mask(rate: Float, seed: UInt64) -> [Bool] {
      let y = shape.tensor(&random)
      Dropout.forward(x.view, into: y.view, rate: rate, seed: seed, pool: pool)
      return y.elements.map { $0 == 0 }
    }
    for rate in [0, 0.1, 0.5, 0.9] as [Float] {
      let dropped = mask(rate: rate, seed: 1)
      let share = Float(dropped.count { $0 }) / Float(dropped.count)
      // Four standard deviations of a fair coin.
      #expect(abs(share - rate) <= 0.0064)
    }
    let (first, second) = (mask(rate: 0.5, seed: 1), mask(rate: 0.5, seed: 2))
    let agreement = zip(first, second).count { $0 == $1 }
    #expect(abs(Float(agreement) / Float(first.count) - 0.5) <= 0.0064)
    // Neighbours are independent of each other.
    let runs = zip(first, first.dropFirst()).count { $0 == $1 }
    #expect(abs(Float(runs) / Float(first.count) - 0.5) <= 0.0064)
  }
}
