// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct BatchNormalizationTests {
  private let epsilon: Float = 1e-3

  /// Mean and biased variance of each channel.
  private func statistics(_ x: [Double], channels: Int) -> [(mean: Double, variance: Double)] {
    let count = Double(x.count / channels)
    return (0..<channels).map { c in
      let values = stride(from: c, to: x.count, by: channels).map { x[$0] }
      let mean = values.reduce(0, +) / count
      return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count)
    }
  }

  private func normalized(
    _ x: [Double], scale: [Double], offset: [Double], activation: ActivationFunction? = nil
  ) -> [Double] {
    let channels = scale.count
    let statistics = statistics(x, channels: channels)
    return x.indices.map { index in
      let c = index % channels
      let deviation = (statistics[c].variance + Double(epsilon)).squareRoot()
      return reference(
        activation, (x[index] - statistics[c].mean) / deviation * scale[c] + offset[c])
    }
  }

  @Test(arguments: TestShape.all, [nil, .relu, .tanh] as [ActivationFunction?])
  func `training normalises by the batch and updates the running averages`(
    shape: TestShape, activation: ActivationFunction?
  ) throws {
    var random = RandomGenerator(seed: 10)
    let channels = shape.channels
    let x = shape.tensor(&random)
    // Far from 0, so that a variance from raw squares would be lost.
    x.set(x.elements.map { $0 + 30 })
    let scale = FloatBuffer(channels, &random)
    let offset = FloatBuffer(channels, &random)
    let oldMean = (0..<channels).map { _ in random.uniform(0..<1) }
    let oldVariance = (0..<channels).map { _ in random.uniform(0..<1) }
    let actual = try withAnyThreadCount { pool in
      let y = shape.tensor(&random)
      let (mean, variance) = (FloatBuffer(oldMean), FloatBuffer(oldVariance))
      let (savedMean, savedDeviation) = (FloatBuffer(channels), FloatBuffer(channels))
      let scratch = FloatBuffer(
        BatchNormalization.scratchCount(channels: channels, pixelCount: shape.pixels))
      BatchNormalization.forwardTraining(
        x.view, scale: scale.base, offset: offset.base, epsilon: epsilon, momentum: 0.1,
        runningMean: mean.base, runningVariance: variance.base, activation: activation,
        into: y.view, savedMean: savedMean.base, savedInverseDeviation: savedDeviation.base,
        scratch: scratch.base, pool: pool)
      expectUntouchedGaps(y)
      return y.elements + mean.elements + variance.elements + savedMean.elements
        + savedDeviation.elements
    }
    let statistics = statistics(x.doubles, channels: channels)
    let unbiased = Double(shape.pixels) / Double(max(1, shape.pixels - 1))
    let y = normalized(
      x.doubles, scale: scale.doubles, offset: offset.doubles, activation: activation)
    expectClose(Array(actual.prefix(shape.count)), y.map(Float.init), tolerance: 2e-4)
    let means = statistics.indices.map { 0.9 * oldMean[$0] + 0.1 * Float(statistics[$0].mean) }
    let variances = statistics.indices.map {
      0.9 * oldVariance[$0] + 0.1 * Float(statistics[$0].variance * unbiased)
    }
    let saved = statistics.map { Float($0.mean) }
    let deviations = statistics.map { Float(1 / ($0.variance + Double(epsilon)).squareRoot()) }
    expectClose(
      Array(actual.suffix(4 * channels)), means + variances + saved + deviations, tolerance: 1e-5)
  }

  @Test(arguments: TestShape.all)
  func `the training gradient is that of the reference`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 11)
    let channels = shape.channels
    let x = shape.tensor(&random)
    let dy = shape.tensor(&random)
    let before = shape.tensor(&random).elements
    let scale = FloatBuffer(channels, &random)
    let offset = FloatBuffer(channels, &random)
    let statistics = statistics(x.doubles, channels: channels)
    let mean = FloatBuffer(statistics.map { Float($0.mean) })
    let deviation = FloatBuffer(
      statistics.map { Float(1 / ($0.variance + Double(epsilon)).squareRoot()) })
    for (accumulate, inPlace) in [(false, false), (true, false), (false, true)] {
      let actual = try withAnyThreadCount { pool in
        let dx = shape.tensor(&random)
        dx.set(inPlace ? dy.elements : before)
        let (scaleGradient, offsetGradient) = (FloatBuffer(channels), FloatBuffer(channels))
        let scratch = FloatBuffer(
          BatchNormalization.scratchCount(channels: channels, pixelCount: shape.pixels))
        BatchNormalization.gradientTraining(
          x.view, savedMean: mean.base, savedInverseDeviation: deviation.base, scale: scale.base,
          of: inPlace ? dx.view : dy.view, into: dx.view, accumulate: accumulate,
          scaleGradient: scaleGradient.base, offsetGradient: offsetGradient.base,
          scratch: scratch.base, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements + scaleGradient.elements + offsetGradient.elements
      }
      expectGradient(
        Array(actual.prefix(shape.count)), over: accumulate ? before : nil,
        of: { normalized($0, scale: scale.doubles, offset: offset.doubles) }, at: x.doubles,
        weights: dy.doubles, tolerance: 1e-4)
      expectGradient(
        Array(actual.dropFirst(shape.count).prefix(channels)),
        of: { normalized(x.doubles, scale: $0, offset: offset.doubles) }, at: scale.doubles,
        weights: dy.doubles)
      expectGradient(
        Array(actual.suffix(channels)),
        of: { normalized(x.doubles, scale: scale.doubles, offset: $0) }, at: offset.doubles,
        weights: dy.doubles)
    }
  }

  @Test(arguments: TestShape.all)
  func `inference folds into a multiplier and a shift`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 12)
    let channels = shape.channels
    let (scale, offset) = (FloatBuffer(channels, &random), FloatBuffer(channels, &random))
    let mean = FloatBuffer(channels, &random)
    let variance = FloatBuffer(channels, &random, in: 0..<2)
    let (multiplier, shift) = (FloatBuffer(channels), FloatBuffer(channels))
    BatchNormalization.fold(
      scale: scale.base, offset: offset.base, mean: mean.base, variance: variance.base,
      epsilon: epsilon, channels: channels, multiplier: multiplier.base, shift: shift.base)
    let x = shape.tensor(&random)
    func folded(_ x: [Double]) -> [Double] {
      x.indices.map { index in
        let c = index % channels
        let deviation = (variance.doubles[c] + Double(epsilon)).squareRoot()
        return (x[index] - mean.doubles[c]) / deviation * scale.doubles[c] + offset.doubles[c]
      }
    }
    let sample = Array(x.doubles.prefix(64 * channels))
    for activation in [nil, .relu6] as [ActivationFunction?] {
      let actual = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        BatchNormalization.forwardInference(
          x.view, multiplier: multiplier.base, shift: shift.base, activation: activation,
          into: y.view, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      let expected = folded(sample).map { Float(reference(activation, $0)) }
      expectClose(Array(actual.prefix(sample.count)), expected, tolerance: 1e-5)
    }
  }
}

struct ChannelAffineTests {
  @Test(arguments: TestShape.all, allActivations + [nil])
  func `each channel has its multiplier and shift`(
    shape: TestShape, activation: ActivationFunction?
  )
    throws
  {
    var random = RandomGenerator(seed: 13)
    let x = shape.tensor(&random)
    let multiplier = FloatBuffer(shape.channels, &random, in: -4..<4)
    let shift = FloatBuffer(shape.channels, &random)
    let actual = try withAnyThreadCount { pool in
      let y = shape.tensor(&random)
      y.set(x.elements)
      ChannelAffine.forward(
        y.view, multiplier: multiplier.base, shift: shift.base, activation: activation,
        into: y.view, pool: pool)
      expectUntouchedGaps(y)
      return y.elements
    }
    let (m, s) = (multiplier.doubles, shift.doubles)
    let expected = x.doubles.enumerated().map { index, x in
      Float(reference(activation, m[index % m.count] * x + s[index % s.count]))
    }
    expectClose(actual, expected, tolerance: 2e-6)
  }

  @Test(arguments: TestShape.all)
  func `the gradient is multiplied by each channel's multiplier`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 14)
    let dy = shape.tensor(&random)
    let before = shape.tensor(&random).elements
    let multiplier = FloatBuffer(shape.channels, &random)
    for accumulate in [false, true] {
      let actual = try withAnyThreadCount { pool in
        let dx = shape.tensor(&random)
        dx.set(before)
        ChannelAffine.gradient(
          of: dy.view, multiplier: multiplier.base, into: dx.view, accumulate: accumulate,
          pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements
      }
      let m = multiplier.elements
      let expected = dy.elements.enumerated().map { index, dy in
        m[index % m.count] * dy + (accumulate ? before[index] : 0)
      }
      expectClose(actual, expected, tolerance: 1e-6)
    }
  }
}
