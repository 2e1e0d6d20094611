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
    var sums = b.doubles
    let expected = shape.with(&sums) { b in
      shape.reference(a.doubles) {
        Arithmetic.reference(.addition, $0, b, activation: activation, into: $1)
      }
    }
    expectClose(actual, expected.map(Float.init), tolerance: 1e-6)
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
    let expected = x.elements.enumerated().map { index, x in
      Dropout.referenceKeeps(index, rate: 0.25, seed: 7) ? x * (1 / 0.75) : 0
    }
    #expect(forward == expected)
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

struct ReshapeTests {
  @Test(arguments: TestShape.all)
  func `keeps the elements in order`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 35)
    let x = shape.tensor(&random)
    let flat = TestShape(shape.batch, 1, 1, shape.height * shape.width * shape.channels)
    let narrow = TestShape(shape.pixels, 1, shape.channels, 1, gap: 2)
    for output in [flat, narrow] {
      let (y, expected, dx) = (
        output.tensor(&random), output.tensor(&random), shape.tensor(&random)
      )
      let before = dx.elements
      Reshape.copy(x.view, into: y.view)
      Reshape.reference(x.view, into: expected.view)
      #expect(y.elements == expected.elements)
      Reshape.gradient(of: y.view, into: dx.view, accumulate: true)
      #expect(dx.elements == zip(x.elements, before).map { $0 + $1 })
      expectUntouchedGaps(y, dx)
    }
  }
}

struct ConcatenationTests {
  @Test(
    arguments: TestShape.all, [Concatenation.Axis.height, .width, .channels])
  func `parts lie one after the other`(shape: TestShape, axis: Concatenation.Axis) throws {
    var random = RandomGenerator(seed: 36)
    let x = shape.tensor(&random)
    let whole = TestShape(
      shape.batch, shape.height + (axis == .height ? 3 : 0), shape.width + (axis == .width ? 3 : 0),
      shape.channels + (axis == .channels ? 3 : 0), gap: 1)
    let before = whole.tensor(&random).elements
    let expected = whole.tensor(&random)
    expected.set(before)
    Concatenation.reference(x.view, into: expected.view, at: 2, along: axis)
    let joined = try withAnyThreadCount { pool in
      let y = whole.tensor(&random)
      y.set(before)
      Concatenation.join(x.view, into: y.view, at: 2, along: axis, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    #expect(joined == expected.elements)
    let gradient = try withAnyThreadCount { pool in
      let dx = shape.tensor(&random)
      dx.set(x.elements)
      Concatenation.gradient(
        of: expected.view, at: 2, along: axis, into: dx.view, accumulate: true, pool: pool)
      expectUntouchedGaps(dx)
      return dx.elements
    }
    #expect(gradient == x.elements.map { $0 + $0 })
  }
}

struct BoundedResidualTests {
  @Test(arguments: TestShape.all, [nil, 0.3] as [Float?])
  func `clamps the sum, and its gradient is that of the reference`(
    shape: TestShape, limit: Float?
  ) throws {
    var random = RandomGenerator(seed: 37)
    let (x, f, dy) = (shape.tensor(&random), shape.tensor(&random), shape.tensor(&random))
    let before = shape.tensor(&random).elements
    // Differences say nothing about a gradient where the clamp begins.
    x.set(
      zip(x.elements, f.elements).map { x, f in
        let sum = x + (limit.map { $0 * ElementaryFunctions.tanh(f) } ?? f)
        return min(abs(sum), abs(sum - 1)) < 0.01 ? x + 0.05 : x
      })
    func reference(_ x: [Double], _ f: [Double]) -> [Double] {
      var f = f
      return shape.with(&f) { f in
        shape.reference(x) {
          BoundedResidual.reference(image: $0, residual: f, limit: limit, into: $1)
        }
      }
    }
    let forward = try withAnyThreadCount { pool in
      let y = shape.tensor(&random)
      BoundedResidual.forward(
        image: x.view, residual: f.view, limit: limit, into: y.view, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    expectClose(forward, reference(x.doubles, f.doubles).map(Float.init), tolerance: 1e-6)
    let gradients = try withAnyThreadCount { pool in
      let (dx, df) = (shape.tensor(&random), shape.tensor(&random))
      dx.set(before)
      BoundedResidual.gradient(
        image: x.view, residual: f.view, limit: limit, of: dy.view, into: (dx.view, df.view),
        accumulate: (true, false), pool: pool)
      expectUntouchedGaps(dx, df)
      return dx.elements + df.elements
    }
    expectGradient(
      Array(gradients.prefix(shape.count)), over: before, of: { reference($0, f.doubles) },
      at: x.doubles, weights: dy.doubles)
    expectGradient(
      Array(gradients.suffix(shape.count)), of: { reference(x.doubles, $0) }, at: f.doubles,
      weights: dy.doubles)
  }
}
