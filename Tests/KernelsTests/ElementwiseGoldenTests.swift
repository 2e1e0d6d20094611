// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

/// Comparison with PyTorch 2.13: `tools/oracles/elementwise.py` wrote the numbers.
struct ElementwiseGoldenTests {
  private typealias Case = [String: [Float]]
  private let cases: [String: Case]
  private let pool: ThreadPool
  private let shape = TestShape(1, 5, 4, 3)

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "elementwise", withExtension: "json", subdirectory: "Fixtures")
    )
    cases = try JSONDecoder().decode([String: Case].self, from: Data(contentsOf: url))
    pool = try #require(ThreadPool(threadCount: 2))
  }

  private func tensor(_ shape: TestShape, _ values: [Float]? = nil) -> TestTensor {
    var random = RandomGenerator(seed: 70)
    let tensor = shape.tensor(&random)
    if let values { tensor.set(values) }
    return tensor
  }

  /// Compares what `forward` makes of the case's x, and `gradient` of its dy.
  private func check(
    _ name: String, outputSize: (height: Int, width: Int) = (5, 4),
    forward: (_ x: TestTensor, _ y: TestTensor) -> Void,
    gradient: (_ x: TestTensor, _ y: TestTensor, _ dy: TestTensor, _ dx: TestTensor) -> Void
  ) throws {
    let golden = try #require(cases[name])
    let outputShape = shape.resized(height: outputSize.height, width: outputSize.width)
    let x = tensor(shape, golden["x"])
    let y = tensor(outputShape)
    forward(x, y)
    expectClose(y.elements, golden["y"] ?? [], tolerance: 2e-6, name)
    let dx = tensor(shape)
    gradient(x, y, tensor(outputShape, golden["dy"]), dx)
    expectClose(dx.elements, golden["dx"] ?? [], tolerance: 1e-5, "gradient of \(name)")
  }

  @Test(
    arguments: [
      ("relu", .relu), ("relu6", .relu6), ("leakyReLU", .leakyReLU(slope: 0.1)), ("gelu", .gelu),
      ("sigmoid", .sigmoid), ("tanh", .tanh), ("hardSwish", .hardSwish),
    ] as [(String, ActivationFunction)])
  func `activations agree`(name: String, f: ActivationFunction) throws {
    try check(name) { x, y in
      Activation.forward(f, x.view, into: y.view, pool: pool)
    } gradient: { x, y, dy, dx in
      Activation.gradient(
        f, input: x.view, output: y.view, of: dy.view, into: dx.view, accumulate: false, pool: pool)
    }
  }

  @Test func `softmax agrees`() throws {
    try check("softmax") { x, y in
      Softmax.forward(x.view, into: y.view, pool: pool)
    } gradient: { _, y, dy, dx in
      Softmax.gradient(
        output: y.view, of: dy.view, into: dx.view, accumulate: false, pool: pool)
    }
  }

  @Test func `pooling agrees`() throws {
    let halving = PoolingGeometry(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2)
    let three = PoolingGeometry(
      kernelHeight: 3, kernelWidth: 3, strideHeight: 2, strideWidth: 2, paddingTop: 1,
      paddingLeft: 1)
    for (name, geometry, size) in [
      ("maxPool2", halving, (height: 2, width: 2)), ("maxPool3", three, (height: 3, width: 2)),
    ] {
      var selected = [UInt8](repeating: 0, count: 3 * size.height * size.width)
      try check(name, outputSize: size) { x, y in
        MaxPool.forward(x.view, into: y.view, geometry, selected: &selected, pool: pool)
      } gradient: { _, _, dy, dx in
        MaxPool.gradient(
          of: dy.view, selected: selected, into: dx.view, accumulate: false, geometry, pool: pool)
      }
    }
    try check("averagePool3", outputSize: (3, 2)) { x, y in
      AveragePool.forward(x.view, into: y.view, three, pool: pool)
    } gradient: { _, _, dy, dx in
      AveragePool.gradient(of: dy.view, into: dx.view, accumulate: false, three, pool: pool)
    }
    try check("globalAverage", outputSize: (1, 1)) { x, y in
      GlobalAverage.forward(x.view, into: y.view, pool: pool)
    } gradient: { _, _, dy, dx in
      GlobalAverage.gradient(of: dy.view, into: dx.view, accumulate: false, pool: pool)
    }
  }

  @Test(
    arguments: [("nearest", .nearest), ("bilinear", .bilinear)] as [(String, Resize.Method)])
  func `resizing agrees`(name: String, method: Resize.Method) throws {
    for (suffix, size) in [("", (height: 10, width: 8)), ("Odd", (height: 7, width: 3))] {
      try check(name + suffix, outputSize: size) { x, y in
        Resize.forward(x.view, into: y.view, method, pool: pool)
      } gradient: { _, _, dy, dx in
        Resize.gradient(of: dy.view, into: dx.view, accumulate: false, method, pool: pool)
      }
    }
  }

  @Test func `reflection agrees`() throws {
    try check("reflect", outputSize: (12, 7)) { x, y in
      Padding.forward(x.view, into: y.view, top: 3, left: 2, mode: .reflect, pool: pool)
    } gradient: { _, _, dy, dx in
      Padding.gradient(
        of: dy.view, into: dx.view, accumulate: false, top: 3, left: 2, mode: .reflect, pool: pool)
    }
  }

  @Test func `batch normalisation agrees in training`() throws {
    let golden = try #require(cases["batchNormalization"])
    let before = try #require(cases["batchNormalizationRunning"])
    let scale = FloatBuffer(golden["a"] ?? [])
    let offset = FloatBuffer(golden["b"] ?? [])
    let (mean, variance) = (
      FloatBuffer(before["mean"] ?? []), FloatBuffer(before["variance"] ?? [])
    )
    let (savedMean, savedDeviation) = (FloatBuffer(3), FloatBuffer(3))
    let (scaleGradient, offsetGradient) = (FloatBuffer(3), FloatBuffer(3))
    let scratch = FloatBuffer(BatchNormalization.scratchCount(channels: 3, pixelCount: 20))
    try check("batchNormalization") { x, y in
      BatchNormalization.forwardTraining(
        x.view,
        BatchNormalization.Parameters(
          scale: scale.base, offset: offset.base, runningMean: mean.base,
          runningVariance: variance.base, epsilon: 1e-5, momentum: 0.1),
        activation: nil, into: y.view,
        saved: BatchNormalization.Statistics(
          mean: savedMean.base, inverseDeviation: savedDeviation.base),
        scratch: scratch.base, pool: pool)
    } gradient: { x, _, dy, dx in
      BatchNormalization.gradientTraining(
        x.view,
        BatchNormalization.Statistics(mean: savedMean.base, inverseDeviation: savedDeviation.base),
        scale: scale.base, of: dy.view, into: dx.view, accumulate: false,
        parameterGradients: (scaleGradient.base, offsetGradient.base),
        scratch: scratch.base, pool: pool)
    }
    expectClose(mean.elements, golden["mean"] ?? [])
    expectClose(variance.elements, golden["variance"] ?? [])
    expectClose(scaleGradient.elements, golden["da"] ?? [])
    expectClose(offsetGradient.elements, golden["db"] ?? [])
  }

  @Test func `batch normalisation agrees in inference`() throws {
    let golden = try #require(cases["batchNormalizationInference"])
    let running = try #require(cases["batchNormalizationRunning"])
    let (multiplier, shift) = (FloatBuffer(3), FloatBuffer(3))
    BatchNormalization.fold(
      scale: golden["a"] ?? [], offset: golden["b"] ?? [], mean: running["mean"] ?? [],
      variance: running["variance"] ?? [], epsilon: 1e-5, channels: 3,
      multiplier: multiplier.base, shift: shift.base)
    try check("batchNormalizationInference") { x, y in
      BatchNormalization.forwardInference(
        x.view, multiplier: multiplier.base, shift: shift.base, activation: nil, into: y.view,
        pool: pool)
    } gradient: { _, _, dy, dx in
      BatchNormalization.gradientInference(
        of: dy.view, multiplier: multiplier.base, into: dx.view, accumulate: false, pool: pool)
    }
  }

  @Test func `losses agree`() throws {
    let golden = try #require(cases["crossEntropy"])
    let logits = tensor(TestShape(3, 1, 1, 7), golden["x"])
    let losses = FloatBuffer(3)
    SoftmaxCrossEntropy.compute(
      logits: logits.view, targets: golden["t"] ?? [], labelSmoothing: 0.1, gradientScale: 1 / 3,
      gradient: logits.view, exampleLosses: losses.base, pool: pool)
    expectClose([losses.elements.reduce(0, +) / 3], golden["loss"] ?? [])
    expectClose(logits.elements, golden["dx"] ?? [], tolerance: 1e-6)
    for name in ["binaryCrossEntropy", "meanSquaredError"] {
      let golden = try #require(cases[name])
      let prediction = tensor(shape, golden["x"])
      let target = tensor(shape, golden["t"])
      let loss = FloatBuffer(1)
      let compute =
        name == "meanSquaredError"
        ? MeanSquaredError.compute : BinaryCrossEntropyWithLogits.compute
      compute(prediction.view, target.view, 1, prediction.view, loss.base, pool)
      expectClose(loss.elements, golden["loss"] ?? [])
      expectClose(prediction.elements, golden["dx"] ?? [], tolerance: 1e-6)
    }
  }

  @Test(arguments: ["sgd", "momentum", "nesterov", "adam", "adamW"])
  func `optimisers agree`(name: String) throws {
    let golden = try #require(cases[name])
    let parameters = FloatBuffer(golden["x"] ?? [])
    let gradients = FloatBuffer(golden["dx"] ?? [])
    let zeros = [Float](repeating: 0, count: parameters.count)
    let (first, second) = (FloatBuffer(zeros), FloatBuffer(zeros))
    for step in 1...5 {
      if name.hasPrefix("adam") {
        ParameterUpdate.Adam(
          learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1,
          decoupled: name == "adamW"
        ).update(
          parameters.base, gradients: gradients.base, firstMoment: first.base,
          secondMoment: second.base, count: parameters.count, step: step, pool: pool)
      } else {
        ParameterUpdate.SGD(
          learningRate: 0.1, momentum: 0.9, nesterov: name == "nesterov", weightDecay: 0.01
        ).update(
          parameters.base, gradients: gradients.base, velocity: name == "sgd" ? nil : first.base,
          count: parameters.count, pool: pool)
      }
    }
    expectClose(parameters.elements, golden["y"] ?? [], tolerance: 2e-6)
  }
}
