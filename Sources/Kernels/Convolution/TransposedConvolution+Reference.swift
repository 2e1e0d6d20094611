// SPDX-License-Identifier: Apache-2.0

extension TransposedConvolution {
  /// y[n, i·s + a·d − p, j·s + b·d − p, o] = b[o] + Σ_{i,j,a,b,c} x[n,i,j,c] · w[o,a,b,c], before
  /// any activation function.
  package static func referenceForward(
    _ input: TensorView<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    into output: TensorView<Float>, _ geometry: ConvolutionGeometry
  ) {
    for pixel in 0..<output.pixelCount {
      for o in 0..<output.channels { output.pixel(pixel)[o] = bias?[o] ?? 0 }
    }
    forEachProduct(geometry) { n, i, j, y, x, o, c, weight in
      output.pixel(n, y, x)[o] += input.pixel(n, i, j)[c] * weights[weight]
    }
  }

  /// ∂L/∂x[n,i,j,c] (+)= Σ_{a,b,o} ∂L/∂y[n, i·s + a·d − p, j·s + b·d − p, o] · w[o,a,b,c].
  package static func referenceInputGradient(
    of outputGradient: TensorView<Float>, weights: UnsafePointer<Float>,
    into inputGradient: TensorView<Float>, accumulate: Bool, _ geometry: ConvolutionGeometry
  ) {
    if !accumulate {
      for pixel in 0..<inputGradient.pixelCount {
        for c in 0..<inputGradient.channels { inputGradient.pixel(pixel)[c] = 0 }
      }
    }
    forEachProduct(geometry) { n, i, j, y, x, o, c, weight in
      inputGradient.pixel(n, i, j)[c] += outputGradient.pixel(n, y, x)[o] * weights[weight]
    }
  }

  /// ∂L/∂w[o,a,b,c] = Σ_{n,i,j} x[n,i,j,c] · ∂L/∂y[n, i·s + a·d − p, j·s + b·d − p, o].
  package static func referenceWeightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    for index in 0..<geometry.weightCount { weightGradient[index] = 0 }
    forEachProduct(geometry) { n, i, j, y, x, o, c, weight in
      weightGradient[weight] += input.pixel(n, i, j)[c] * outputGradient.pixel(n, y, x)[o]
    }
  }

  /// Calls `body` with the indices of each product of the sum, those that fall outside of y left
  /// out.
  private static func forEachProduct(
    _ g: ConvolutionGeometry,
    _ body: (
      _ n: Int, _ i: Int, _ j: Int, _ y: Int, _ x: Int, _ o: Int, _ c: Int, _ weight: Int
    ) -> Void
  ) {
    for n in 0..<g.batch {
      for i in 0..<g.outputHeight {
        for j in 0..<g.outputWidth {
          for a in 0..<g.kernelHeight {
            let y = i * g.strideHeight + a * g.dilationHeight - g.paddingTop
            guard y >= 0 && y < g.inputHeight else { continue }
            for b in 0..<g.kernelWidth {
              let x = j * g.strideWidth + b * g.dilationWidth - g.paddingLeft
              guard x >= 0 && x < g.inputWidth else { continue }
              for o in 0..<g.inputChannels {
                let tap = (o * g.kernelHeight + a) * g.kernelWidth + b
                for c in 0..<g.outputChannels {
                  body(n, i, j, y, x, o, c, tap * g.outputChannels + c)
                }
              }
            }
          }
        }
      }
    }
  }
}
