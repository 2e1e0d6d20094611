// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct ParameterUpdateTests {
  private static let counts = [1, 15, 16, 17, 16384, 40001]

  @Test(arguments: counts, [(0, false), (0.9, false), (0.9, true)] as [(Float, Bool)])
  func `SGD follows its equation`(count: Int, momentum: (value: Float, nesterov: Bool)) throws {
    var random = RandomGenerator(seed: 60)
    let p = FloatBuffer(count, &random)
    let g = FloatBuffer(count, &random)
    let rule = ParameterUpdate.SGD(
      learningRate: 0.1, momentum: momentum.value, nesterov: momentum.nesterov, weightDecay: 0.01)
    let actual = try withAnyThreadCount { pool in
      let parameters = FloatBuffer(p.elements)
      let velocity = FloatBuffer([Float](repeating: 0, count: count))
      for _ in 0..<3 {
        rule.update(
          parameters.base, gradients: g.base,
          velocity: momentum.value > 0 ? velocity.base : nil, count: count, pool: pool)
      }
      return parameters.elements
    }
    let expected = zip(p.doubles, g.doubles).map { p, g in
      var (p, v) = (p, 0.0)
      for _ in 0..<3 { rule.reference(&p, velocity: &v, gradient: g) }
      return Float(p)
    }
    expectClose(actual, expected, tolerance: 1e-6)
  }

  @Test(arguments: counts, [false, true])
  func `Adam follows its equation`(count: Int, decoupled: Bool) throws {
    var random = RandomGenerator(seed: 61)
    let p = FloatBuffer(count, &random)
    let g = FloatBuffer(count, &random)
    let rule = ParameterUpdate.Adam(
      learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1,
      decoupled: decoupled)
    let actual = try withAnyThreadCount { pool in
      let parameters = FloatBuffer(p.elements)
      let zeros = [Float](repeating: 0, count: count)
      let (first, second) = (FloatBuffer(zeros), FloatBuffer(zeros))
      for step in 1...3 {
        rule.update(
          parameters.base, gradients: g.base, firstMoment: first.base, secondMoment: second.base,
          count: count, step: step, pool: pool)
      }
      return parameters.elements
    }
    let expected = zip(p.doubles, g.doubles).map { p, g in
      var (p, moments) = (p, (m: 0.0, v: 0.0))
      for step in 1...3 { rule.reference(&p, moments: &moments, gradient: g, step: step) }
      return Float(p)
    }
    expectClose(actual, expected, tolerance: 2e-5)
  }

  @Test(arguments: counts)
  func `averages, scales and sums`(count: Int) throws {
    var random = RandomGenerator(seed: 62)
    let (a, p) = (FloatBuffer(count, &random), FloatBuffer(count, &random))
    let actual = try withAnyThreadCount { pool in
      let average = FloatBuffer(a.elements)
      ParameterUpdate.exponentialAverage(
        average: average.base, parameters: p.base, count: count, decay: 0.9, pool: pool)
      let scaled = FloatBuffer(p.elements)
      ParameterUpdate.scale(scaled.base, count: count, by: 0.3, pool: pool)
      let scratch = FloatBuffer(ParameterUpdate.scratchCount(count: count))
      let sum = ParameterUpdate.sumOfSquares(
        p.base, count: count, scratch: scratch.base, pool: pool)
      return average.elements + scaled.elements + [sum]
    }
    let averages = zip(a.doubles, p.doubles).map { Float(0.9 * $0 + 0.1 * $1) }
    let sum = p.doubles.reduce(0) { $0 + $1 * $1 }
    expectClose(
      actual, averages + p.elements.map { $0 * 0.3 } + [Float(sum)], tolerance: 1e-6)
  }

  @Test(arguments: counts, [Float.nan, .infinity, -.infinity])
  func `finds one value that is not finite`(count: Int, value: Float) throws {
    var random = RandomGenerator(seed: 63)
    for threadCount in [1, 5] {
      let pool = try #require(ThreadPool(threadCount: threadCount))
      for position in [0, count / 2, count - 1] {
        let values = FloatBuffer(count, &random, in: -1e38..<1e38)
        #expect(!ParameterUpdate.hasNonFinite(values.base, count: count, pool: pool))
        values.base[position] = value
        #expect(ParameterUpdate.hasNonFinite(values.base, count: count, pool: pool))
      }
    }
  }
}
