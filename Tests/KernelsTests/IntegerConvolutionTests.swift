// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

@Suite struct IntegerConvolutionTests {
  static let cases =
    ConvolutionCase.corners + ConvolutionCase.generated(count: 300, seed: 31) + layers

  /// Layers of the networks that are measured, among them all tile heights and panel widths.
  static let layers: [ConvolutionCase] = [
    ConvolutionCase(
      height: 32, width: 32, channels: 3, outputChannels: 16, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1),
    ConvolutionCase(
      height: 6, width: 6, channels: 64, outputChannels: 128, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1),
    ConvolutionCase(
      height: 49, width: 10, channels: 1, outputChannels: 64, kernel: (10, 4), stride: (2, 2),
      top: 4, bottom: 5, left: 1, right: 1),
    ConvolutionCase(height: 25, width: 5, channels: 64, outputChannels: 64, kernel: (1, 1)),
    ConvolutionCase(
      height: 25, width: 5, channels: 64, outputChannels: 64, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1, groups: 64),
    ConvolutionCase(
      height: 24, width: 24, channels: 8, outputChannels: 8, kernel: (3, 3), stride: (2, 2),
      bottom: 1, right: 1, groups: 8),
    ConvolutionCase(
      height: 48, width: 48, channels: 8, outputChannels: 8, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1, groups: 8),
    ConvolutionCase(
      height: 48, width: 48, channels: 16, outputChannels: 16, kernel: (3, 3), stride: (2, 2),
      bottom: 1, right: 1, groups: 16),
    ConvolutionCase(
      height: 31, width: 33, channels: 24, outputChannels: 24, kernel: (3, 3), top: 1, bottom: 1,
      left: 1, right: 1, groups: 24, gap: 1),
    ConvolutionCase(
      height: 9, width: 13, channels: 4, outputChannels: 4, kernel: (3, 5), top: 1, bottom: 1,
      left: 2, right: 2, groups: 4),
    ConvolutionCase(
      height: 9, width: 13, channels: 2, outputChannels: 8, kernel: (3, 9), top: 1, bottom: 1,
      left: 4, right: 4, groups: 2, gap: 1),
    ConvolutionCase(
      batch: 3, height: 9, width: 8, channels: 21, outputChannels: 37, kernel: (3, 3), top: 1,
      bottom: 1, left: 1, right: 1, gap: 3),
    ConvolutionCase(
      batch: 2, height: 12, width: 31, channels: 16, outputChannels: 16, kernel: (3, 3), bottom: 2,
      left: 2),
    ConvolutionCase(height: 10, width: 11, channels: 512, outputChannels: 65, kernel: (3, 3)),
    ConvolutionCase(
      batch: 2, height: 17, width: 19, channels: 114, outputChannels: 100, kernel: (3, 3), top: 1,
      bottom: 1, left: 1, right: 1),
    ConvolutionCase(
      batch: 5, height: 1, width: 1, channels: 300, outputChannels: 300, kernel: (1, 1)),
    ConvolutionCase(
      height: 1, width: 4, channels: 96, outputChannels: 200, kernel: (1, 1), gap: 32),
  ].compactMap { $0 }

  @Test func `forward is the equation, byte for byte`() throws {
    for (index, sample) in Self.cases.enumerated() {
      var random = RandomGenerator(seed: 32, stream: UInt64(index))
      let g = sample.geometry
      let input = TestBytes(
        batch: g.batch, height: g.inputHeight, width: g.inputWidth, channels: g.inputChannels,
        gap: sample.gap, random: &random)
      func output() -> TestBytes {
        TestBytes(
          batch: g.batch, height: g.outputHeight, width: g.outputWidth,
          channels: g.outputChannels, gap: sample.gap, random: &random)
      }
      let layer = IntegerLayer(
        channels: g.outputChannels, terms: g.weightCount / g.outputChannels, random: &random)
      let expected = output()
      IntegerConvolution.referenceForward(
        input.view, weights: layer.weights, bias: layer.bias, multipliers: layer.multipliers,
        quantization: layer.quantization, into: expected.view, g)
      for threads in index % 4 == 0 ? [1, 2, 5] : [1] {
        let actual = output()
        let memory = layer.memory(
          packed: IntegerConvolution.packedByteCount(g),
          scratch: IntegerConvolution.scratchByteCount(g, threadCount: threads))
        let pool = try #require(ThreadPool(threadCount: threads))
        IntegerConvolution.pack(
          weights: layer.weights, bias: layer.bias, multipliers: layer.multipliers,
          quantization: layer.quantization, g, into: memory.packed)
        IntegerConvolution.forward(
          input.view, packed: memory.packed, quantization: layer.quantization,
          into: actual.view, g, scratch: memory.scratch, pool: pool)
        #expect(actual.elements == expected.elements, "\(sample), \(threads) threads")
        #expect(actual.gapsAreUntouched && memory.fencesAreUntouched, "\(sample)")
      }
    }
  }

  /// Where sums are computed modulo 2³², those that are farthest from 0.
  @Test func `the largest sums are exact`() throws {
    let g = try #require(
      ConvolutionCase(
        height: 18, width: 18, channels: 112, outputChannels: 32, kernel: (3, 3))
    ).geometry
    let pool = try #require(ThreadPool(threadCount: 1))
    var random = RandomGenerator(seed: 34)
    for (weight, value, zeroPoint) in [(-128, 127, -128), (127, -128, 127), (-128, -128, 127)] {
      func bytes(_ channels: Int, _ side: Int) -> TestBytes {
        TestBytes(
          batch: 1, height: side, width: side, channels: channels, gap: 0, random: &random)
      }
      let (x, y, expected) = (bytes(112, 18), bytes(32, 16), bytes(32, 16))
      x.view.base.update(repeating: Int8(value), count: 18 * 18 * 112)
      let weights = [Int8](repeating: Int8(weight), count: g.weightCount)
      // 9 · 112 products of up to 255 · 128 become about 100.
      let multipliers = (0..<32).map { FixedPointMultiplier(3e-6 + Double($0) * 1e-9) }
      let quantization = IntegerConvolution.Quantization(
        inputZeroPoint: Int32(zeroPoint), outputZeroPoint: 0)
      IntegerConvolution.referenceForward(
        x.view, weights: weights, bias: nil, multipliers: multipliers, quantization: quantization,
        into: expected.view, g)
      let memory = IntegerMemory(
        packed: IntegerConvolution.packedByteCount(g),
        scratch: IntegerConvolution.scratchByteCount(g, threadCount: 1))
      IntegerConvolution.pack(
        weights: weights, bias: nil, multipliers: multipliers, quantization: quantization, g,
        into: memory.packed)
      IntegerConvolution.forward(
        x.view, packed: memory.packed, quantization: quantization, into: y.view, g,
        scratch: memory.scratch, pool: pool)
      #expect(y.elements == expected.elements, "\(weight), \(value), \(zeroPoint)")
      #expect(expected.elements.allSatisfy { abs(Int($0)) > 80 })
    }
  }

  /// Weights of 0, so that the biases are the sums: those around every tie of many multipliers.
  @Test func `sums around every tie are rounded as by the multiplier`() throws {
    var random = RandomGenerator(seed: 33)
    let pool = try #require(ThreadPool(threadCount: 1))
    for shift in Int32(-24)...3 {
      for trial in 0..<12 {
        let fixed: [Int32] = [1 << 30, Int32.max, 0x6000_0000]
        let factor = FixedPointMultiplier(
          multiplier: trial < 3 ? fixed[trial] : (1 << 30) + Int32(random.index(below: 1 << 30)),
          shift: shift)
        let real = FixedPointMultiplierTests.power(shift - 31) * Double(factor.multiplier)
        let limit = Int32.max >> max(shift, 0)
        var sums: [Int32] = [0, 1, -1, limit, -limit, limit - 1, limit / 2]
        for y in -300...300 where abs((Double(y) + 0.5) / real) < Double(limit) - 9 {
          let tie = Int32((Double(y) + 0.5) / real)
          for x in tie - 2...tie + 2 { sums.append(x) }
          sums.append(tie + Int32(random.index(below: 9)))
        }
        let g = ConvolutionGeometry(
          batch: 1, inputHeight: 1, inputWidth: 1, inputChannels: 1, outputHeight: 1,
          outputWidth: 1, outputChannels: sums.count, kernelHeight: 1, kernelWidth: 1)
        let quantization = IntegerConvolution.Quantization(
          inputZeroPoint: 3, outputZeroPoint: [-128, 0, 127][trial % 3],
          roundsOnce: trial % 2 == 1)
        let x = TestBytes(batch: 1, height: 1, width: 1, channels: 1, gap: 0, random: &random)
        let y = TestBytes(
          batch: 1, height: 1, width: 1, channels: sums.count, gap: 0, random: &random)
        let memory = IntegerMemory(
          packed: IntegerConvolution.packedByteCount(g),
          scratch: IntegerConvolution.scratchByteCount(g, threadCount: 1))
        IntegerConvolution.pack(
          weights: [Int8](repeating: 0, count: sums.count), bias: sums,
          multipliers: [FixedPointMultiplier](repeating: factor, count: sums.count),
          quantization: quantization, g, into: memory.packed)
        IntegerConvolution.forward(
          x.view, packed: memory.packed, quantization: quantization, into: y.view, g,
          scratch: memory.scratch, pool: pool)
        let expected = sums.map {
          let scaled =
            quantization.roundsOnce ? factor.applyRoundingOnce($0) : factor.apply($0)
          return Int8(clamping: Int64(scaled) + Int64(quantization.outputZeroPoint))
        }
        #expect(y.elements == expected, "\(factor)")
      }
    }
  }
}

@Suite struct IntegerTransposedConvolutionTests {
  static let cases =
    TransposedConvolutionTests.cases
    + ConvolutionCase.generated(count: 200, seed: 41, groups: false)

  @Test func `forward is the equation, byte for byte`() throws {
    for (index, sample) in Self.cases.enumerated() {
      var random = RandomGenerator(seed: 42, stream: UInt64(index))
      let g = sample.geometry
      let input = TestBytes(
        batch: g.batch, height: g.outputHeight, width: g.outputWidth, channels: g.outputChannels,
        gap: sample.gap, random: &random)
      func output() -> TestBytes {
        TestBytes(
          batch: g.batch, height: g.inputHeight, width: g.inputWidth, channels: g.inputChannels,
          gap: sample.gap, random: &random)
      }
      let layer = IntegerLayer(
        channels: g.inputChannels, terms: g.weightCount / g.inputChannels, random: &random)
      let expected = output()
      IntegerTransposedConvolution.referenceForward(
        input.view, weights: layer.weights, bias: layer.bias, multipliers: layer.multipliers,
        quantization: layer.quantization, into: expected.view, g)
      for threads in index % 4 == 0 ? [1, 2, 5] : [1] {
        let actual = output()
        let memory = layer.memory(
          packed: IntegerTransposedConvolution.packedByteCount(g),
          scratch: IntegerTransposedConvolution.scratchByteCount(g, threadCount: threads))
        let pool = try #require(ThreadPool(threadCount: threads))
        IntegerTransposedConvolution.pack(
          weights: layer.weights, bias: layer.bias, multipliers: layer.multipliers,
          quantization: layer.quantization, g, into: memory.packed)
        IntegerTransposedConvolution.forward(
          input.view, packed: memory.packed, quantization: layer.quantization,
          into: actual.view, g, scratch: memory.scratch, pool: pool)
        #expect(actual.elements == expected.elements, "\(sample), \(threads) threads")
        #expect(actual.gapsAreUntouched && memory.fencesAreUntouched, "\(sample)")
      }
    }
  }
}
