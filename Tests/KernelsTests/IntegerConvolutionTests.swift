// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

struct IntegerConvolutionTests {
  @Test(arguments: ConvolutionCase.corners + ConvolutionCase.generated(count: 300, seed: 21))
  func `every byte is the reference's`(_ shape: ConvolutionCase) throws {
    for roundsOnce in [false, true] {
      var random = RandomGenerator(seed: 22)
      let test = IntegerConvolutionCase(shape, roundsOnce: roundsOnce, &random)
      let expected = test.reference()
      #expect(Set(expected).count > 1 || expected.count < 200, "outputs that are all alike")
      for threadCount in [1, 2, 5] {
        let pool = try #require(ThreadPool(threadCount: threadCount))
        #expect(test.forward(pool) == expected, "\(threadCount) threads")
      }
    }
  }

  /// Weights of 0 make every sum a bias: those around all ties of a factor, and the largest.
  @Test(arguments: [0.5, 0.0078125, 0.003, 0.7071, 1.0, 0.00000012, 5.0])
  func `sums are brought to scale as one by one`(_ factor: Double) throws {
    let multiplier = FixedPointMultiplier(factor)
    var biases: [Int32] = [0, 1, -1, 1 << 27, -(1 << 27)]
    for step in -200..<200 {
      let tie = (Double(step) + 0.5) / factor
      guard abs(tie) < 0x1p27 else { continue }
      for offset in -2...2 { biases.append(Int32(tie) + Int32(offset)) }
    }
    let shape = try #require(
      ConvolutionCase(
        height: 1, width: 1, channels: 4, outputChannels: biases.count, kernel: (1, 1)))
    for roundsOnce in [false, true] {
      var random = RandomGenerator(seed: 1)
      var test = IntegerConvolutionCase(shape, roundsOnce: roundsOnce, &random)
      test.weights = test.weights.map { _ in 0 }
      test.bias = biases
      test.multipliers = biases.map { _ in multiplier }
      let pool = try #require(ThreadPool(threadCount: 1))
      #expect(test.forward(pool) == test.reference())
    }
  }
}

/// A convolution with random operands.
struct IntegerConvolutionCase {
  let shape: ConvolutionCase
  let quantization: IntegerConvolution.Quantization
  let input: [Int8]
  var weights: [Int8]
  var bias: [Int32]?
  var multipliers: [FixedPointMultiplier]

  init(_ shape: ConvolutionCase, roundsOnce: Bool, _ random: inout RandomGenerator) {
    let g = shape.geometry
    self.shape = shape
    func byte(_ random: inout RandomGenerator) -> Int8 {
      // Extremes more often than by chance.
      random.index(below: 8) == 0
        ? (random.index(below: 2) == 0 ? -128 : 127) : Int8(random.index(below: 256) - 128)
    }
    let low = byte(&random)
    quantization = IntegerConvolution.Quantization(
      inputZeroPoint: Int32(byte(&random)), outputZeroPoint: Int32(byte(&random)) / 4,
      minimum: min(low, 0), maximum: max(low, 100), roundsOnce: roundsOnce)
    let pixels = g.batch * g.inputHeight * g.inputWidth
    input = (0..<pixels * (g.inputChannels + shape.gap)).map { _ in byte(&random) }
    let perOutput = g.kernelHeight * g.kernelWidth * g.inputChannels / g.groups
    weights = (0..<g.outputChannels * perOutput).map { _ in max(-127, byte(&random)) }
    bias =
      random.index(below: 4) == 0
      ? nil : (0..<g.outputChannels).map { _ in Int32(random.index(below: 20_000)) - 10_000 }
    let size = 90 / (5000 * Double(perOutput).squareRoot())
    multipliers = (0..<g.outputChannels).map { _ in
      FixedPointMultiplier(size * Double(random.uniform(0.2..<4)))
    }
  }

  /// The output in NHWC order; what lies between pixels is checked to be left alone.
  private func run(_ body: (TensorView<Int8>, TensorView<Int8>) -> Void) -> [Int8] {
    let g = shape.geometry
    var input = input + [Int8](repeating: 99, count: 64)
    let stride = g.outputChannels + shape.gap
    let pixels = g.batch * g.outputHeight * g.outputWidth
    var output = [Int8](repeating: 77, count: pixels * stride + 64)
    input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        guard let x = input.baseAddress, let y = output.baseAddress else { return }
        body(
          TensorView(
            x, batch: g.batch, height: g.inputHeight, width: g.inputWidth,
            channels: g.inputChannels, pixelStride: g.inputChannels + shape.gap),
          TensorView(
            y, batch: g.batch, height: g.outputHeight, width: g.outputWidth,
            channels: g.outputChannels, pixelStride: stride))
      }
    }
    let gaps = output.indices.filter { $0 % stride >= g.outputChannels || $0 >= pixels * stride }
    #expect(gaps.allSatisfy { output[$0] == 77 }, "bytes outside of the output were written")
    return (0..<pixels).flatMap { output[$0 * stride..<$0 * stride + g.outputChannels] }
  }

  func reference() -> [Int8] {
    run { input, output in
      withOperands { bias in
        IntegerConvolution.referenceForward(
          input, weights: weights, bias: bias, multipliers: multipliers,
          quantization: quantization, into: output, shape.geometry)
      }
    }
  }

  func forward(_ pool: ThreadPool) -> [Int8] {
    let geometry = shape.geometry
    let prepared = UnsafeMutableRawPointer.allocate(
      byteCount: IntegerConvolution.preparedByteCount(geometry), alignment: 64)
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: IntegerConvolution.scratchByteCount(geometry, threadCount: pool.threadCount),
      alignment: 64)
    defer {
      prepared.deallocate()
      scratch.deallocate()
    }
    withOperands { bias in
      IntegerConvolution.prepare(
        weights: weights, bias: bias, multipliers: multipliers, quantization: quantization,
        geometry, into: prepared)
    }
    return run { input, output in
      IntegerConvolution.forward(
        input, prepared: prepared, quantization: quantization, into: output, geometry,
        scratch: scratch, pool: pool)
    }
  }

  private func withOperands(_ body: (UnsafePointer<Int32>?) -> Void) {
    if let bias { bias.withUnsafeBufferPointer { body($0.baseAddress) } } else { body(nil) }
  }
}
