// SPDX-License-Identifier: Apache-2.0

extension IntegerConvolution {
  /// The equation, one output after the other: what every fast path is tested against.
  package static func referenceForward(
    _ input: TensorView<Int8>, weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: Quantization,
    into output: TensorView<Int8>, _ g: ConvolutionGeometry
  ) {
    for n in 0..<g.batch {
      for i in 0..<g.outputHeight {
        for j in 0..<g.outputWidth {
          for o in 0..<g.outputChannels {
            let group = o / g.groupOutputChannels
            var sum = bias?[o] ?? 0
            for a in 0..<g.kernelHeight {
              let y = i * g.strideHeight + a * g.dilationHeight - g.paddingTop
              guard y >= 0 && y < g.inputHeight else { continue }
              for b in 0..<g.kernelWidth {
                let x = j * g.strideWidth + b * g.dilationWidth - g.paddingLeft
                guard x >= 0 && x < g.inputWidth else { continue }
                let pixel = input.pixel(n, y, x) + group * g.groupInputChannels
                let tap = (o * g.kernelHeight + a) * g.kernelWidth + b
                for c in 0..<g.groupInputChannels {
                  let weight = Int32(weights[tap * g.groupInputChannels + c])
                  sum += (Int32(pixel[c]) - quantization.inputZeroPoint) * weight
                }
              }
            }
            output.pixel(n, i, j)[o] = quantization.output(sum, multipliers[o])
          }
        }
      }
    }
  }
}

extension IntegerConvolution.Quantization {
  /// R(`sum`) + z_y within `minimum`...`maximum`.
  func output(_ sum: Int32, _ multiplier: FixedPointMultiplier) -> Int8 {
    let scaled = roundsOnce ? multiplier.applyRoundingOnce(sum) : multiplier.apply(sum)
    return Int8(min(max(Int64(scaled) + Int64(outputZeroPoint), Int64(minimum)), Int64(maximum)))
  }
}
