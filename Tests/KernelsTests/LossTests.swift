// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct PixelLossTests {
  /// Targets of an autoencoder: probabilities, 0 and 1 among them.
  private func targets(_ shape: TestShape, _ random: inout RandomGenerator) -> TestTensor {
    let t = shape.tensor(&random)
    t.set(t.elements.map { min(max($0 * 0.7 + 0.5, 0), 1) })
    return t
  }

  @Test(arguments: TestShape.all)
  func `mean squared error and its gradient are those of the reference`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 50)
    let p = shape.tensor(&random)
    let t = targets(shape, &random)
    let actual = try withAnyThreadCount { pool in
      let gradient = shape.tensor(&random)
      gradient.set(p.elements)
      let losses = FloatBuffer(shape.batch)
      MeanSquaredError.compute(
        prediction: gradient.view, target: t.view, gradientScale: 0.5, gradient: gradient.view,
        exampleLosses: losses.base, pool: pool)
      expectUntouchedGaps(gradient)
      return losses.elements + gradient.elements
    }
    func losses(_ p: [Double]) -> [Double] {
      shape.with(p, t.doubles) { MeanSquaredError.reference(prediction: $0, target: $1) }
    }
    expectClose(
      Array(actual.prefix(shape.batch)), losses(p.doubles).map(Float.init), tolerance: 1e-6)
    expectGradient(
      Array(actual.dropFirst(shape.batch)), of: losses, at: p.doubles,
      weights: [Double](repeating: 0.5, count: shape.batch))
  }

  @Test(arguments: TestShape.all)
  func `binary cross-entropy and its gradient are those of the reference`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 51)
    let z = shape.tensor(&random)
    z.set(z.elements.map { $0 * 6 })
    let t = targets(shape, &random)
    let actual = try withAnyThreadCount { pool in
      let gradient = shape.tensor(&random)
      let losses = FloatBuffer(shape.batch)
      BinaryCrossEntropyWithLogits.compute(
        logits: z.view, target: t.view, gradientScale: 0.5, gradient: nil,
        exampleLosses: losses.base, pool: pool)
      let alone = losses.elements
      BinaryCrossEntropyWithLogits.compute(
        logits: z.view, target: t.view, gradientScale: 0.5, gradient: gradient.view,
        exampleLosses: losses.base, pool: pool)
      #expect(alone == losses.elements)
      expectUntouchedGaps(gradient)
      return losses.elements + gradient.elements
    }
    func losses(_ z: [Double]) -> [Double] {
      shape.with(z, t.doubles) { BinaryCrossEntropyWithLogits.reference(logits: $0, target: $1) }
    }
    expectClose(
      Array(actual.prefix(shape.batch)), losses(z.doubles).map(Float.init), tolerance: 1e-6)
    expectGradient(
      Array(actual.dropFirst(shape.batch)), of: losses, at: z.doubles,
      weights: [Double](repeating: 0.5, count: shape.batch))
  }

  @Test(arguments: TestShape.all)
  func `the entropy is the least binary cross-entropy`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 52)
    let t = targets(shape, &random)
    let actual = try withAnyThreadCount { pool in
      let entropies = FloatBuffer(shape.batch)
      BinaryCrossEntropyWithLogits.entropy(
        target: t.view, exampleEntropies: entropies.base, pool: pool)
      return entropies.elements
    }
    var targets = t.doubles
    let expected = shape.with(&targets) {
      BinaryCrossEntropyWithLogits.referenceEntropy(target: $0)
    }
    expectClose(actual, expected.map(Float.init), tolerance: 1e-6)
  }

  @Test func `extreme logits give finite losses`() throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    var random = RandomGenerator(seed: 53)
    let shape = TestShape(1, 1, 1, 4)
    let (z, t) = (shape.tensor(&random), shape.tensor(&random))
    z.set([200, -200, 200, -200])
    t.set([1, 0, 0, 1])
    let losses = FloatBuffer(1)
    BinaryCrossEntropyWithLogits.compute(
      logits: z.view, target: t.view, gradientScale: 4, gradient: z.view,
      exampleLosses: losses.base, pool: pool)
    #expect(losses.elements == [100])
    #expect(z.elements == [0, 0, 1, -1])
  }
}

struct TotalVariationTests {
  /// Gradients by differences: random values have no kinks nearby.
  @Test(arguments: TestShape.all)
  func `the total variation and its gradient are those of the reference`(shape: TestShape) throws {
    var random = RandomGenerator(seed: 55)
    let image = shape.tensor(&random)
    let actual = try withAnyThreadCount { pool in
      let gradient = shape.tensor(&random)
      let losses = FloatBuffer(shape.batch)
      TotalVariation.compute(
        image.view, gradientScale: 0.5, gradient: nil, exampleLosses: losses.base, pool: pool)
      let alone = losses.elements
      TotalVariation.compute(
        image.view, gradientScale: 0.5, gradient: gradient.view, exampleLosses: losses.base,
        pool: pool)
      #expect(alone == losses.elements)
      expectUntouchedGaps(gradient)
      return losses.elements + gradient.elements
    }
    func losses(_ x: [Double]) -> [Double] {
      var x = x
      return shape.with(&x) { TotalVariation.reference($0) }
    }
    expectClose(
      Array(actual.prefix(shape.batch)), losses(image.doubles).map(Float.init), tolerance: 1e-6)
    expectGradient(
      Array(actual.dropFirst(shape.batch)), of: losses, at: image.doubles,
      weights: [Double](repeating: 0.5, count: shape.batch))
  }

  @Test func `a plain image has none, and no slope`() throws {
    let pool = try #require(ThreadPool(threadCount: 1))
    var random = RandomGenerator(seed: 56)
    let shape = TestShape(2, 3, 3, 2)
    let (image, gradient) = (shape.tensor(&random), shape.tensor(&random))
    image.set(image.elements.map { _ in 0.25 })
    let losses = FloatBuffer(2)
    TotalVariation.compute(
      image.view, gradientScale: 1, gradient: gradient.view, exampleLosses: losses.base, pool: pool)
    #expect(losses.elements == [0, 0])
    #expect(gradient.elements.allSatisfy { $0 == 0 })
  }
}

struct SoftmaxCrossEntropyTests {
  @Test func `the entropy is the least cross-entropy`() {
    #expect(SoftmaxCrossEntropy.entropy([0, 1, 0], count: 3) == 0)
    let target: [Float] = [0.5, 0.25, 0.125, 0.125]
    #expect(abs(SoftmaxCrossEntropy.entropy(target, count: 4) - 1.75 * 0.693_147_2) < 1e-6)
  }

  @Test(
    arguments: [
      TestShape(1, 1, 1, 2), TestShape(7, 1, 1, 10), TestShape(3, 1, 1, 37, gap: 4),
      TestShape(300, 1, 1, 16),
    ], [0, 0.1] as [Float])
  func `the loss and its gradient are those of the reference`(shape: TestShape, smoothing: Float)
    throws
  {
    var random = RandomGenerator(seed: 54)
    let z = shape.tensor(&random)
    z.set(z.elements.map { $0 * 5 })
    let classes = shape.channels
    // One class for the first example, mixtures of two for the others.
    var t = [Float](repeating: 0, count: shape.batch * classes)
    for n in 0..<shape.batch {
      let share: Float = n == 0 ? 1 : random.uniform()
      t[n * classes + random.index(below: classes)] += share
      t[n * classes + random.index(below: classes)] += 1 - share
    }
    let actual = try withAnyThreadCount { pool in
      let gradient = shape.tensor(&random)
      gradient.set(z.elements)
      let losses = FloatBuffer(shape.batch)
      SoftmaxCrossEntropy.compute(
        logits: z.view, targets: t, labelSmoothing: smoothing, gradientScale: 0.25, gradient: nil,
        exampleLosses: losses.base, pool: pool)
      let alone = losses.elements
      SoftmaxCrossEntropy.compute(
        logits: gradient.view, targets: t, labelSmoothing: smoothing, gradientScale: 0.25,
        gradient: gradient.view, exampleLosses: losses.base, pool: pool)
      #expect(alone == losses.elements)
      expectUntouchedGaps(gradient)
      return losses.elements + gradient.elements
    }
    func losses(_ z: [Double]) -> [Double] {
      var z = z
      return shape.with(&z) {
        SoftmaxCrossEntropy.reference(logits: $0, targets: t, labelSmoothing: smoothing)
      }
    }
    expectClose(
      Array(actual.prefix(shape.batch)), losses(z.doubles).map(Float.init), tolerance: 2e-6)
    expectGradient(
      Array(actual.dropFirst(shape.batch)), of: losses, at: z.doubles,
      weights: [Double](repeating: 0.25, count: shape.batch))
  }
}
