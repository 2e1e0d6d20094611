// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

@Suite struct TransposedConvolutionTests {
  /// The two by two of a U-Net, with every size odd, and whatever else.
  static let cases =
    [
      ConvolutionCase(
        batch: 2, height: 10, width: 14, channels: 12, outputChannels: 24, kernel: (2, 2),
        stride: (2, 2)),
      ConvolutionCase(
        batch: 1, height: 24, width: 24, channels: 64, outputChannels: 130, kernel: (2, 2),
        stride: (2, 2), gap: 64),
      ConvolutionCase(
        batch: 1, height: 2, width: 2, channels: 1, outputChannels: 1, kernel: (2, 2),
        stride: (2, 2)),
      ConvolutionCase(
        batch: 2, height: 9, width: 11, channels: 3, outputChannels: 8, kernel: (4, 4),
        stride: (2, 2), top: 1, bottom: 1, left: 1, right: 1),
    ].compactMap { $0 } + ConvolutionCase.generated(count: 100, seed: 11, groups: false)

  @Test(arguments: [ActivationFunction?.none, .relu, .relu6, .leakyReLU(slope: 0.1)])
  func `forward is the equation`(activation: ActivationFunction?) throws {
    for (index, sample) in Self.cases.enumerated() {
      var random = RandomGenerator(seed: 12, stream: UInt64(index))
      let input = sample.outputTensor(&random)
      let weights = ConvolutionCase.randomArray(sample.geometry.weightCount, &random)
      let bias: [Float]? =
        index % 3 == 0 ? nil : ConvolutionCase.randomArray(sample.geometry.inputChannels, &random)
      let expected = sample.inputTensor(&random)
      TransposedConvolution.referenceForward(
        input.view, weights: weights, bias: bias, into: expected.view, sample.geometry)
      let activated = expected.elements.map { x in
        switch activation {
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .leakyReLU(let slope): x < 0 ? slope * x : x
        default: x
        }
      }
      let actual = sample.inputTensor(&random)
      try Self.forward(
        sample.geometry, input, weights, bias, activation, into: actual, threads: 1)
      expectClose(actual.elements, activated, tolerance: 4e-5, sample.description)
      #expect(actual.gapsAreUntouched, "\(sample)")
    }
  }

  @Test(arguments: [false, true])
  func `the input gradient is the equation`(accumulate: Bool) throws {
    for (index, sample) in Self.cases.enumerated() {
      var random = RandomGenerator(seed: 13, stream: UInt64(index))
      let gradient = sample.inputTensor(&random)
      let weights = ConvolutionCase.randomArray(sample.geometry.weightCount, &random)
      var again = random
      let expected = sample.outputTensor(&random)
      let actual = sample.outputTensor(&again)
      TransposedConvolution.referenceInputGradient(
        of: gradient.view, weights: weights, into: expected.view, accumulate: accumulate,
        sample.geometry)
      try Self.inputGradient(
        sample.geometry, gradient, weights, into: actual, accumulate: accumulate, threads: 1)
      expectClose(actual.elements, expected.elements, tolerance: 4e-5, sample.description)
      #expect(actual.gapsAreUntouched, "\(sample)")
    }
  }

  @Test func `the weight gradient is the equation`() throws {
    for (index, sample) in Self.cases.enumerated() {
      var random = RandomGenerator(seed: 14, stream: UInt64(index))
      let input = sample.outputTensor(&random)
      let gradient = sample.inputTensor(&random)
      var expected = [Float](repeating: .nan, count: sample.geometry.weightCount)
      TransposedConvolution.referenceWeightGradient(
        input: input.view, outputGradient: gradient.view, into: &expected, sample.geometry)
      let actual = try Self.weightGradient(sample.geometry, input, gradient, threads: 1)
      expectClose(actual, expected, tolerance: 4e-5, sample.description)
    }
  }

  @Test func `the number of threads does not change a byte`() throws {
    for (index, sample) in Self.cases.enumerated() where index % 3 == 0 || index < 4 {
      var random = RandomGenerator(seed: 15, stream: UInt64(index))
      let g = sample.geometry
      let input = sample.outputTensor(&random)
      let gradient = sample.inputTensor(&random)
      let weights = ConvolutionCase.randomArray(g.weightCount, &random)
      let results = try [1, 2, 5].map { threads in
        let output = sample.inputTensor(&random)
        let inputGradient = sample.outputTensor(&random)
        try Self.forward(g, input, weights, nil, .relu, into: output, threads: threads)
        try Self.inputGradient(
          g, gradient, weights, into: inputGradient, accumulate: false, threads: threads)
        let weightGradient = try Self.weightGradient(g, input, gradient, threads: threads)
        return (output.elements + inputGradient.elements + weightGradient).map(\.bitPattern)
      }
      #expect(results[0] == results[1], "\(sample)")
      #expect(results[0] == results[2], "\(sample)")
    }
  }

  // MARK: - Running with memory of exactly the size that is asked for

  static func forward(
    _ g: ConvolutionGeometry, _ input: TestTensor, _ weights: [Float], _ bias: [Float]?,
    _ activation: ActivationFunction?, into output: TestTensor, threads: Int
  ) throws {
    let pool = try #require(ThreadPool(threadCount: threads))
    var packed = KernelMemory(TransposedConvolution.packedCount(g, .forward))
    var scratch = KernelMemory(
      TransposedConvolution.scratchCount(g, .forward, threadCount: threads))
    packed.withPointer { packed in
      TransposedConvolution.pack(weights, g, .forward, into: packed, pool: pool)
      scratch.withPointer {
        TransposedConvolution.forward(
          input.view, packed: packed, bias: bias, activation: activation, into: output.view,
          g, scratch: $0, pool: pool)
      }
    }
    #expect(packed.fenceIsUntouched && scratch.fenceIsUntouched)
  }

  static func inputGradient(
    _ g: ConvolutionGeometry, _ gradient: TestTensor, _ weights: [Float],
    into inputGradient: TestTensor, accumulate: Bool, threads: Int
  ) throws {
    let pool = try #require(ThreadPool(threadCount: threads))
    var packed = KernelMemory(TransposedConvolution.packedCount(g, .inputGradient))
    var scratch = KernelMemory(
      TransposedConvolution.scratchCount(g, .inputGradient, threadCount: threads))
    packed.withPointer { packed in
      TransposedConvolution.pack(weights, g, .inputGradient, into: packed, pool: pool)
      scratch.withPointer {
        TransposedConvolution.inputGradient(
          of: gradient.view, packed: packed, into: inputGradient.view, accumulate: accumulate,
          g, scratch: $0, pool: pool)
      }
    }
    #expect(packed.fenceIsUntouched && scratch.fenceIsUntouched)
  }

  static func weightGradient(
    _ g: ConvolutionGeometry, _ input: TestTensor, _ gradient: TestTensor, threads: Int
  ) throws -> [Float] {
    let pool = try #require(ThreadPool(threadCount: threads))
    var scratch = KernelMemory(
      TransposedConvolution.scratchCount(g, .weightGradient, threadCount: threads))
    var result = [Float](repeating: .nan, count: g.weightCount)
    scratch.withPointer {
      TransposedConvolution.weightGradient(
        input: input.view, outputGradient: gradient.view, into: &result, g, scratch: $0,
        pool: pool)
    }
    #expect(scratch.fenceIsUntouched)
    return result
  }
}
