// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct BatchNormalizationTests {
  private let epsilon: Float = 1e-3

  private func statistics(
    _ x: TestTensor, _ shape: TestShape
  ) -> (mean: [Double], variance: [Double]) {
    var x = x.doubles
    return shape.with(&x) { BatchNormalization.referenceStatistics($0) }
  }

  private func deviations(_ variances: [Double]) -> [Float] {
    variances.map { Float(1 / ($0 + Double(epsilon)).squareRoot()) }
  }

  /// The reference with the statistics of `x` itself.
  private func normalized(
    _ x: [Double], _ shape: TestShape, scale: [Double], offset: [Double],
    activation: ActivationFunction? = nil
  ) -> [Double] {
    shape.reference(x) { x, y in
      BatchNormalization.reference(
        x, BatchNormalization.referenceStatistics(x), scale: scale, offset: offset,
        epsilon: Double(epsilon), activation: activation, into: y)
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
        x.view,
        BatchNormalization.Parameters(
          scale: scale.base, offset: offset.base, runningMean: mean.base,
          runningVariance: variance.base, epsilon: epsilon, momentum: 0.1),
        activation: activation, into: y.view,
        saved: BatchNormalization.Statistics(
          mean: savedMean.base, inverseDeviation: savedDeviation.base),
        scratch: scratch.base, pool: pool)
      expectUntouchedGaps(y)
      return y.elements + mean.elements + variance.elements + savedMean.elements
        + savedDeviation.elements
    }
    let statistics = statistics(x, shape)
    let unbiased = Double(shape.pixels) / Double(max(1, shape.pixels - 1))
    let y = normalized(
      x.doubles, shape, scale: scale.doubles, offset: offset.doubles, activation: activation)
    expectClose(Array(actual.prefix(shape.count)), y.map(Float.init), tolerance: 2e-4)
    let means = zip(oldMean, statistics.mean).map { 0.9 * $0 + 0.1 * Float($1) }
    let variances = zip(oldVariance, statistics.variance).map {
      0.9 * $0 + 0.1 * Float($1 * unbiased)
    }
    let saved = statistics.mean.map(Float.init) + deviations(statistics.variance)
    expectClose(Array(actual.suffix(4 * channels)), means + variances + saved, tolerance: 1e-5)
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
    let statistics = statistics(x, shape)
    let mean = FloatBuffer(statistics.mean.map(Float.init))
    let deviation = FloatBuffer(deviations(statistics.variance))
    for (accumulate, inPlace) in [(false, false), (true, false), (false, true)] {
      let actual = try withAnyThreadCount { pool in
        let dx = shape.tensor(&random)
        dx.set(inPlace ? dy.elements : before)
        let (scaleGradient, offsetGradient) = (FloatBuffer(channels), FloatBuffer(channels))
        let scratch = FloatBuffer(
          BatchNormalization.scratchCount(channels: channels, pixelCount: shape.pixels))
        BatchNormalization.gradientTraining(
          x.view,
          BatchNormalization.Statistics(mean: mean.base, inverseDeviation: deviation.base),
          scale: scale.base,
          of: inPlace ? dx.view : dy.view, into: dx.view, accumulate: accumulate,
          parameterGradients: (scaleGradient.base, offsetGradient.base),
          scratch: scratch.base, pool: pool)
        expectUntouchedGaps(dx)
        return dx.elements + scaleGradient.elements + offsetGradient.elements
      }
      expectGradient(
        Array(actual.prefix(shape.count)), over: accumulate ? before : nil,
        of: { normalized($0, shape, scale: scale.doubles, offset: offset.doubles) }, at: x.doubles,
        weights: dy.doubles, tolerance: 1e-4)
      expectGradient(
        Array(actual.dropFirst(shape.count).prefix(channels)),
        of: { normalized(x.doubles, shape, scale: $0, offset: offset.doubles) }, at: scale.doubles,
        weights: dy.doubles)
      expectGradient(
        Array(actual.suffix(channels)),
        of: { normalized(x.doubles, shape, scale: scale.doubles, offset: $0) }, at: offset.doubles,
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
    for activation in [nil, .relu6] as [ActivationFunction?] {
      let actual = try withAnyThreadCount { pool in
        let y = shape.tensor(&random)
        BatchNormalization.forwardInference(
          x.view, multiplier: multiplier.base, shift: shift.base, activation: activation,
          into: y.view, pool: pool)
        expectUntouchedGaps(y)
        return y.elements
      }
      let (scales, offsets) = (scale.doubles, offset.doubles)
      let statistics = (mean: mean.doubles, variance: variance.doubles)
      let expected = shape.reference(x.doubles) {
        BatchNormalization.reference(
          $0, statistics, scale: scales, offset: offsets, epsilon: Double(epsilon),
          activation: activation, into: $1)
      }
      expectClose(actual, expected.map(Float.init), tolerance: 1e-5)
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
    let expected = shape.reference(x.doubles) {
      ChannelAffine.reference($0, multiplier: m, shift: s, activation: activation, into: $1)
    }
    expectClose(actual, expected.map(Float.init), tolerance: 2e-6)
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
