// SPDX-License-Identifier: Apache-2.0

extension IntegerTransposedConvolution {
  /// The equation, as a sum over the inputs and taps that reach each output.
  package static func referenceForward(
    _ input: TensorView<Int8>, weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>,
    quantization: IntegerConvolution.Quantization, into output: TensorView<Int8>,
    _ g: ConvolutionGeometry
  ) {
    for n in 0..<g.batch {
      for y in 0..<g.inputHeight {
        for x in 0..<g.inputWidth {
          for o in 0..<g.inputChannels {
            var sum = bias?[o] ?? 0
            for a in 0..<g.kernelHeight {
              let (i, rowRest) = (y + g.paddingTop - a * g.dilationHeight)
                .quotientAndRemainder(dividingBy: g.strideHeight)
              guard rowRest == 0 && i >= 0 && i < g.outputHeight else { continue }
              for b in 0..<g.kernelWidth {
                let (j, columnRest) = (x + g.paddingLeft - b * g.dilationWidth)
                  .quotientAndRemainder(dividingBy: g.strideWidth)
                guard columnRest == 0 && j >= 0 && j < g.outputWidth else { continue }
                let tap = (o * g.kernelHeight + a) * g.kernelWidth + b
                for c in 0..<g.outputChannels {
                  let weight = Int32(weights[tap * g.outputChannels + c])
                  sum += (Int32(input.pixel(n, i, j)[c]) - quantization.inputZeroPoint) * weight
                }
              }
            }
            output.pixel(n, y, x)[o] = quantization.output(sum, multipliers[o])
          }
        }
      }
    }
  }
}
