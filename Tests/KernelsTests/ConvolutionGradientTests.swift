// SPDX-License-Identifier: Apache-2.0
import Kernels
import TestSupport
import Testing

/// Gradients of L = Σ y · r against differences of L. L is linear in each of x and w, so that
/// differences are as good as exact with a large step.
@Suite struct ConvolutionGradientTests {
  static let cases = ConvolutionCase.generated(count: 12, seed: 21)

  @Test func `gradients are the slopes of the forward pass`() throws {
    for (index, sample) in Self.cases.enumerated() {
      var random = RandomGenerator(seed: 22, stream: UInt64(index))
      let g = sample.geometry
      let x = sample.inputTensor(&random)
      let r = sample.outputTensor(&random)
      var weights = ConvolutionCase.randomArray(g.weightCount, &random)
      let dx = sample.inputTensor(&random)
      try ConvolutionTests.inputGradient(g, r, weights, into: dx, accumulate: false, threads: 1)
      let dw = try ConvolutionTests.weightGradient(g, x, r, threads: 1)

      func loss() throws -> Double {
        var ignored = RandomGenerator(seed: 0)
        let y = sample.outputTensor(&ignored)
        try ConvolutionTests.forward(g, x, weights, nil, nil, into: y, threads: 1)
        return zip(y.elements, r.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      func slope(_ change: (Float) -> Void) throws -> Float {
        change(0.5)
        let above = try loss()
        change(-1)
        let below = try loss()
        change(0.5)
        return Float(above - below)
      }
      for _ in 0..<6 {
        let pixel = random.index(below: x.view.pixelCount)
        let channel = random.index(below: g.inputChannels)
        let xSlope = try slope { x.view.pixel(pixel)[channel] += $0 }
        let gradient = dx.view.pixel(pixel)[channel]
        #expect(abs(xSlope - gradient) < 2e-3 * (1 + abs(gradient)), "x, \(sample)")
        let weight = random.index(below: g.weightCount)
        let wSlope = try slope { weights[weight] += $0 }
        #expect(abs(wSlope - dw[weight]) < 2e-3 * (1 + abs(dw[weight])), "w, \(sample)")
      }
    }
  }
}
