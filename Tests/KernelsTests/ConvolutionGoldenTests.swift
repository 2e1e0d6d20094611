// SPDX-License-Identifier: Apache-2.0
import Foundation
import Kernels
import TestSupport
import Testing

/// Results of PyTorch, written by tools/oracles/convolution.py.
@Suite struct ConvolutionGoldenTests {
  struct Golden: Decodable {
    let transposed: Bool
    let batch, height, width, channels, outputChannels, outputHeight, outputWidth, groups: Int
    let kernel, stride, dilation, padding: [Int]
    let output, inputGradient, weightGradient: [Float]

    /// A transposed convolution has the geometry of the convolution that goes the other way.
    var geometry: ConvolutionGeometry {
      ConvolutionGeometry(
        batch: batch, inputHeight: transposed ? outputHeight : height,
        inputWidth: transposed ? outputWidth : width,
        inputChannels: transposed ? outputChannels : channels,
        outputHeight: transposed ? height : outputHeight,
        outputWidth: transposed ? width : outputWidth,
        outputChannels: transposed ? channels : outputChannels, kernelHeight: kernel[0],
        kernelWidth: kernel[1], strideHeight: stride[0], strideWidth: stride[1],
        dilationHeight: dilation[0], dilationWidth: dilation[1], paddingTop: padding[0],
        paddingLeft: padding[1], groups: groups)
    }
  }

  static func goldens() throws -> [Golden] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/convolution.json")
    return try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
  }

  /// The oracle's formula for operands.
  static func operand(_ count: Int, seed: Int) -> [Float] {
    (0..<count).map { Float(($0 * 37 + seed * 11) % 29 - 14) / 8 }
  }

  static func fill(_ tensor: TestTensor, seed: Int) {
    let values = operand(tensor.view.elementCount, seed: seed)
    for pixel in 0..<tensor.view.pixelCount {
      for c in 0..<tensor.view.channels {
        tensor.view.pixel(pixel)[c] = values[pixel * tensor.view.channels + c]
      }
    }
  }

  @Test func `PyTorch computes the same`() throws {
    let goldens = try Self.goldens()
    #expect(goldens.count == 10)
    for golden in goldens {
      let g = golden.geometry
      let weights = Self.operand(g.weightCount, seed: 2)
      let bias = Self.operand(golden.outputChannels, seed: 3)
      var random = RandomGenerator(seed: 1)
      func tensor(_ isInput: Bool) -> TestTensor {
        TestTensor(
          batch: golden.batch, height: isInput ? golden.height : golden.outputHeight,
          width: isInput ? golden.width : golden.outputWidth,
          channels: isInput ? golden.channels : golden.outputChannels, random: &random)
      }
      let (x, dx, y, dy) = (tensor(true), tensor(true), tensor(false), tensor(false))
      Self.fill(x, seed: 1)
      Self.fill(dy, seed: 4)
      let weightGradient: [Float]
      if golden.transposed {
        typealias Run = TransposedConvolutionTests
        try Run.forward(g, x, weights, bias, nil, into: y, threads: 2)
        try Run.inputGradient(g, dy, weights, into: dx, accumulate: false, threads: 2)
        weightGradient = try Run.weightGradient(g, x, dy, threads: 2)
      } else {
        typealias Run = ConvolutionTests
        try Run.forward(g, x, weights, bias, nil, into: y, threads: 2)
        try Run.inputGradient(g, dy, weights, into: dx, accumulate: false, threads: 2)
        weightGradient = try Run.weightGradient(g, x, dy, threads: 2)
      }
      // Sums of products differ by their order alone, Winograd's by its stated bound.
      let tolerance: Float =
        !golden.transposed && Winograd.wins(g, .forward) ? 3e-5 : 1e-6
      expectClose(y.elements, golden.output, tolerance: tolerance)
      expectClose(dx.elements, golden.inputGradient, tolerance: tolerance)
      expectClose(weightGradient, golden.weightGradient, tolerance: tolerance)
    }
  }
}
