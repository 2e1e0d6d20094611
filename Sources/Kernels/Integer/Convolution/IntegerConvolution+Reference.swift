// SPDX-License-Identifier: Apache-2.0

extension IntegerConvolution {
  /// The equation of `IntegerConvolution`, one loop a sum.
  package static func referenceForward(
    _ input: TensorView<Int8>, weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: Quantization,
    into output: TensorView<Int8>, _ geometry: ConvolutionGeometry
  ) {
    let g = geometry
    let outputsPerGroup = g.outputChannels / g.groups
    let inputsPerGroup = g.inputChannels / g.groups
    for n in 0..<g.batch {
      for i in 0..<g.outputHeight {
        for j in 0..<g.outputWidth {
          for o in 0..<g.outputChannels {
            var sum = bias?[o] ?? 0
            for a in 0..<g.kernelHeight {
              for b in 0..<g.kernelWidth {
                let y = i * g.strideHeight + a * g.dilationHeight - g.paddingTop
                let x = j * g.strideWidth + b * g.dilationWidth - g.paddingLeft
                guard y >= 0, y < g.inputHeight, x >= 0, x < g.inputWidth else { continue }
                for c in 0..<inputsPerGroup {
                  let tap = (o * g.kernelHeight + a) * g.kernelWidth + b
                  let value = Int32(input.pixel(n, y, x)[o / outputsPerGroup * inputsPerGroup + c])
                  sum +=
                    (value - quantization.inputZeroPoint) * Int32(weights[tap * inputsPerGroup + c])
                }
              }
            }
            let scaled =
              quantization.roundsOnce
              ? multipliers[o].applyRoundingOnce(sum) : multipliers[o].apply(sum)
            let result = Int64(scaled) + Int64(quantization.outputZeroPoint)
            output.pixel(n, i, j)[o] = Int8(
              max(Int64(quantization.minimum), min(Int64(quantization.maximum), result)))
          }
        }
      }
    }
  }
}
