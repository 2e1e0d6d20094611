// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

/// Winograd's convolutions against the definition, computed in double precision.
struct WinogradTests {
  struct Result {
    let actual: [Float]
    let expected: [Float]
    /// The largest magnitude before any activation function: what rounding errors are relative to.
    let scale: Float

    init(actual: [Float], expected: [Float], scale: Float? = nil) {
      self.actual = actual
      self.expected = expected
      self.scale = scale ?? expected.map(abs).max() ?? 0
    }
  }

  /// One geometry, its data, and what the three directions make of them.
  final class Case: CustomTestStringConvertible, Sendable {
    let geometry: ConvolutionGeometry
    /// Channels of the wider tensors that input and output are slices of, less their own.
    let gap: Int

    init(
      _ batch: Int, _ height: Int, _ width: Int, _ inputChannels: Int, _ outputChannels: Int,
      padding: Int = 1, gap: Int = 0
    ) {
      self.gap = gap
      geometry = ConvolutionGeometry(
        batch: batch, inputHeight: height, inputWidth: width, inputChannels: inputChannels,
        outputHeight: height + 2 * padding - 2, outputWidth: width + 2 * padding - 2,
        outputChannels: outputChannels, kernelHeight: 3, kernelWidth: 3, paddingTop: padding,
        paddingLeft: padding)
    }

    var testDescription: String {
      let g = geometry
      return "\(g.batch)×\(g.inputHeight)×\(g.inputWidth)×\(g.inputChannels) to "
        + "\(g.outputChannels), padding \(g.paddingTop), gap \(gap)"
    }

    func input(_ random: inout RandomGenerator) -> TestTensor {
      TestTensor(
        batch: geometry.batch, height: geometry.inputHeight, width: geometry.inputWidth,
        channels: geometry.inputChannels, pixelStride: geometry.inputChannels + gap,
        random: &random)
    }

    func output(_ random: inout RandomGenerator) -> TestTensor {
      TestTensor(
        batch: geometry.batch, height: geometry.outputHeight, width: geometry.outputWidth,
        channels: geometry.outputChannels, pixelStride: geometry.outputChannels + gap,
        random: &random)
    }

    func weights(_ random: inout RandomGenerator) -> [Float] {
      (0..<geometry.weightCount).map { _ in random.uniform(-1..<1) }
    }

    /// Calls `body` with packed weights and scratch memory full of NaN.
    func run(
      _ direction: Convolution.Direction, _ weights: [Float], threadCount: Int,
      _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, ThreadPool) -> Void
    ) throws {
      let pool = try #require(ThreadPool(threadCount: threadCount))
      var packed = [Float](
        repeating: .nan, count: max(1, Winograd.packedCount(geometry, direction)))
      var scratch = [Float](
        repeating: .nan,
        count: max(1, Winograd.scratchCount(geometry, direction, threadCount: threadCount)))
      Winograd.pack(weights, geometry, direction, into: &packed, pool: pool)
      packed.withUnsafeMutableBufferPointer { packed in
        scratch.withUnsafeMutableBufferPointer { scratch in
          guard let packed = packed.baseAddress, let scratch = scratch.baseAddress else {
            return
          }
          body(packed, scratch, pool)
        }
      }
    }

    func forward(
      _ direction: Convolution.Direction = .forward, activation: ActivationFunction?,
      threadCount: Int
    ) throws -> Result {
      var random = RandomGenerator(seed: 1)
      let (input, output) = (input(&random), output(&random))
      let weights = weights(&random)
      let bias = (0..<geometry.outputChannels).map { _ in random.uniform(-1..<1) }
      try run(direction, weights, threadCount: threadCount) { packed, scratch, pool in
        bias.withUnsafeBufferPointer { bias in
          Winograd.forward(
            input.view, packed: packed, bias: bias.baseAddress, activation: activation,
            into: output.view, geometry, direction, scratch: scratch, pool: pool)
        }
      }
      #expect(output.gapsAreUntouched)
      let actual = output.elements
      Convolution.referenceForward(
        input.view, weights: weights, bias: bias, into: output.view, geometry)
      let sums = output.elements
      let expected = sums.map { value in
        switch activation {
        case .relu6: min(max(value, 0), 6)
        case .leakyReLU(let slope): value < 0 ? value * slope : value
        default: value
        }
      }
      return Result(actual: actual, expected: expected, scale: sums.map(abs).max() ?? 0)
    }

    func inputGradient(accumulate: Bool, threadCount: Int) throws -> Result {
      var random = RandomGenerator(seed: 2)
      let outputGradient = output(&random)
      let weights = weights(&random)
      var same = random
      let (gradient, reference) = (input(&random), input(&same))
      try run(.inputGradient, weights, threadCount: threadCount) { packed, scratch, pool in
        Winograd.inputGradient(
          of: outputGradient.view, packed: packed, into: gradient.view, accumulate: accumulate,
          geometry, scratch: scratch, pool: pool)
      }
      #expect(gradient.gapsAreUntouched)
      Convolution.referenceInputGradient(
        of: outputGradient.view, weights: weights, into: reference.view, accumulate: accumulate,
        geometry)
      return Result(actual: gradient.elements, expected: reference.elements)
    }

    func weightGradient(threadCount: Int) throws -> Result {
      var random = RandomGenerator(seed: 3)
      let (input, outputGradient) = (input(&random), output(&random))
      var actual = [Float](repeating: .nan, count: geometry.weightCount + 16)
      var expected = [Float](repeating: 0, count: geometry.weightCount)
      try run(.weightGradient, [0], threadCount: threadCount) { _, scratch, pool in
        Winograd.weightGradient(
          input: input.view, outputGradient: outputGradient.view, into: &actual, geometry,
          scratch: scratch, pool: pool)
      }
      #expect(actual[geometry.weightCount...].allSatisfy { $0.isNaN })
      Convolution.referenceWeightGradient(
        input: input.view, outputGradient: outputGradient.view, into: &expected, geometry)
      return Result(actual: Array(actual[..<geometry.weightCount]), expected: expected)
    }
  }

  static let cases = [
    Case(1, 1, 1, 1, 1), Case(1, 3, 3, 1, 1, padding: 0), Case(2, 4, 4, 3, 10),
    Case(1, 5, 7, 16, 16), Case(2, 6, 6, 24, 40, padding: 2), Case(1, 7, 13, 10, 24, padding: 0),
    Case(3, 9, 8, 33, 17, gap: 5), Case(1, 12, 12, 48, 64, gap: 16), Case(1, 1, 20, 15, 31),
    Case(1, 18, 2, 5, 32, padding: 2, gap: 1),
  ]

  /// Large enough for panels of weights one after another, for slices of tiles, and for 6×6 tiles.
  static let largeCases = [
    Case(2, 12, 12, 192, 224), Case(1, 4, 4, 256, 300), Case(9, 24, 22, 64, 40),
    Case(1, 60, 60, 3, 32),
  ]

  /// Fails where the result is further from what is expected than `bound` · its scale.
  private func expectWithin(
    _ bound: Float, _ result: Result, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let errors = zip(result.actual, result.expected).map { abs($0 - $1) / result.scale }
    let allAreNumbers = errors.allSatisfy { $0.isFinite }
    #expect(allAreNumbers, sourceLocation: sourceLocation)
    #expect((errors.max() ?? 0) <= bound, sourceLocation: sourceLocation)
  }

  @Test(arguments: cases + largeCases, [nil, ActivationFunction.relu6, .leakyReLU(slope: 0.25)])
  func `computes the convolution`(_ example: Case, activation: ActivationFunction?) throws {
    expectWithin(3e-5, try example.forward(activation: activation, threadCount: 2))
  }

  @Test(arguments: cases + largeCases)
  func `errs less for inference`(_ example: Case) throws {
    expectWithin(4e-6, try example.forward(.inference, activation: nil, threadCount: 2))
  }

  @Test(arguments: cases + largeCases, [false, true])
  func `computes the gradient of the input`(_ example: Case, accumulate: Bool) throws {
    expectWithin(3e-5, try example.inputGradient(accumulate: accumulate, threadCount: 2))
  }

  @Test(arguments: cases + largeCases)
  func `computes the gradient of the weights`(_ example: Case) throws {
    expectWithin(3e-5, try example.weightGradient(threadCount: 2))
  }

  @Test(arguments: [cases[6], largeCases[0], largeCases[2]])
  func `gives the same bytes for any number of threads`(_ example: Case) throws {
    let forward = try example.forward(activation: nil, threadCount: 1).actual
    let input = try example.inputGradient(accumulate: true, threadCount: 1).actual
    let weights = try example.weightGradient(threadCount: 1).actual
    for threadCount in [2, 5] {
      #expect(try example.forward(activation: nil, threadCount: threadCount).actual == forward)
      #expect(try example.inputGradient(accumulate: true, threadCount: threadCount).actual == input)
      #expect(try example.weightGradient(threadCount: threadCount).actual == weights)
    }
  }

  @Test func `wins where there are tiles enough to pay for the weights`() {
    #expect(Winograd.wins(Case(16, 24, 24, 64, 64).geometry, .forward))
    #expect(Winograd.wins(Case(1, 96, 96, 16, 16).geometry, .weightGradient))
    #expect(!Winograd.wins(Case(1, 2, 2, 512, 512).geometry, .inputGradient))
  }

  @Test func `supports only what it computes`() {
    #expect(Winograd.supports(Self.cases[0].geometry))
    for change in [
      \ConvolutionGeometry.kernelWidth, \.strideHeight, \.dilationWidth, \.groups, \.paddingTop,
    ] {
      var geometry = Self.cases[0].geometry
      geometry[keyPath: change] += 2
      #expect(!Winograd.supports(geometry))
    }
  }
}
