// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

let allActivations: [ActivationFunction] = [
  .relu, .relu6, .leakyReLU(slope: 0.1), .leakyReLU(slope: -0.5), .gelu, .sigmoid, .tanh,
  .hardSwish, .hardTanh,
]

struct ActivationTests {
  /// A tensor with values on all branches of the functions.
  private func input(_ shape: TestShape) -> TestTensor {
    var random = RandomGenerator(seed: 1)
    let x = shape.tensor(&random)
    x.set(x.elements.map { $0 * 8 })
    return x
  }

  @Test(arguments: TestShape.all, allActivations)
  func `forward is the function of each element`(shape: TestShape, f: ActivationFunction) throws {
    let x = input(shape)
    let expected = x.doubles.map { Float(Optional(f).reference($0)) }
    let actual = try withAnyThreadCount { pool in
      let y = input(shape)
      Activation.forward(f, x.view, into: y.view, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    expectClose(actual, expected, tolerance: 1e-6)
    let inPlace = try withAnyThreadCount { pool in
      let y = input(shape)
      Activation.forward(f, y.view, into: y.view, pool: pool)
      return y.elements
    }
    #expect(inPlace == actual)
  }

  @Test(arguments: TestShape.all, allActivations)
  func `the gradient is that of the reference`(shape: TestShape, f: ActivationFunction) throws {
    var random = RandomGenerator(seed: 2)
    let x = input(shape)
    let y = shape.tensor(&random)
    let dy = shape.tensor(&random)
    let before = shape.tensor(&random).elements
    for accumulate in [false, true] {
      let actual = try withAnyThreadCount { pool in
        let dx = input(shape)
        dx.set(before)
        Activation.forward(f, x.view, into: y.view, pool: pool)
        Activation.gradient(
          f, input: f.hasGradientFromOutput ? nil : x.view,
          output: f.hasGradientFromOutput ? y.view : nil, of: dy.view, into: dx.view,
          accumulate: accumulate, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      expectGradient(
        actual, over: accumulate ? before : nil, of: { $0.map { Optional(f).reference($0) } },
        at: x.doubles,
        weights: dy.doubles)
    }
  }

  @Test(
    arguments: TestShape.all, [nil, .relu, .leakyReLU(slope: 0.2), .tanh] as [ActivationFunction?])
  func `the gradient in place also sums over pixels`(shape: TestShape, f: ActivationFunction?)
    throws
  {
    var random = RandomGenerator(seed: 3)
    let x = input(shape)
    let y = shape.tensor(&random)
    let dy = shape.tensor(&random)
    let scratchCount = Activation.scratchCount(channels: shape.channels, pixelCount: shape.pixels)
    for withSums in [true, false] {
      let actual = try withAnyThreadCount { pool in
        Activation.forward(f ?? .tanh, x.view, into: y.view, pool: pool)
        let gradient = shape.tensor(&random)
        gradient.set(dy.elements)
        let bias = FloatBuffer(shape.channels)
        let scratch = FloatBuffer(scratchCount)
        Activation.gradientInPlace(
          f, output: y.view, gradient: gradient.view, biasGradient: withSums ? bias.base : nil,
          scratch: scratch.base, pool: pool)
        expectUntouchedGaps(gradient, y)
        return gradient.elements + (withSums ? bias.elements : [])
      }
      let gradient = Array(actual.prefix(shape.count))
      expectGradient(
        gradient, of: { $0.map { f.reference($0) } }, at: x.doubles, weights: dy.doubles)
      guard withSums else { continue }
      var sums = [Double](repeating: 0, count: shape.channels)
      for index in gradient.indices { sums[index % shape.channels] += Double(gradient[index]) }
      expectClose(Array(actual.suffix(shape.channels)), sums.map(Float.init), tolerance: 1e-5)
    }
  }

  @Test func `NaN shows`() throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    for f in allActivations {
      let x = input(TestShape(1, 1, 1, 3))
      x.set([1, .nan, -1])
      Activation.forward(f, x.view, into: x.view, pool: pool)
      #expect(x.elements.map(\.isNaN) == [false, true, false], "\(f)")
    }
  }
}
