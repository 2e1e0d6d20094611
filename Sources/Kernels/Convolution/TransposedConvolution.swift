// SPDX-License-Identifier: Apache-2.0

/// The adjoint of a convolution, with weights of its own, and its gradients.
///
///     y[n, i·s + a·d − p, j·s + b·d − p, o] = φ(b[o] + Σ_{i,j,a,b,c} x[n,i,j,c] · w[o,a,b,c])
///
/// Weights are OHWI with O the channels of y and I those of x, as in TFLite's TRANSPOSE_CONV. The
/// geometry is that of the convolution that goes the other way: its input is y here, its output is
/// x. `groups` is 1.
package enum TransposedConvolution {
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
    _ body: (_ n: Int, _ i: Int, _ j: Int, _ y: Int, _ x: Int, _ o: Int, _ c: Int, _ weight: Int) ->
      Void
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

  /// Floats that `pack` writes; 0 for `.weightGradient`, which reads no weights.
  package static func packedCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> Int { direction == .weightGradient ? 0 : gemm(geometry, direction).packedCount }

  /// Puts the OHWI `weights` in the order that `direction` reads them in.
  package static func pack(
    _ weights: UnsafePointer<Float>, _ geometry: ConvolutionGeometry,
    _ direction: Convolution.Direction, into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    guard direction != .weightGradient else { return }
    gemm(geometry, direction).pack(
      weights, weightStrides(geometry, direction), into: packed, pool: pool)
  }

  /// Floats of scratch memory that running `direction` needs.
  package static func scratchCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction, threadCount: Int
  ) -> Int {
    direction == .weightGradient
      ? WeightGradientGEMM(geometry: geometry, isTransposed: true).scratchCount(
        threadCount: threadCount) : gemm(geometry, direction).scratchCount(threadCount: threadCount)
  }

  /// y from x: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    activation: ActivationFunction?, into output: TensorView<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    gemm(geometry, .forward).run(
      ImplicitGEMM.Operands(
        source: input, packed: packed, bias: bias, activation: activation, target: output,
        accumulate: false, weightStrides: weightStrides(geometry, .forward)), scratch: scratch,
      pool: pool)
  }

  /// ∂L/∂x from ∂L/∂y: `inputGradient` is added to when `accumulate`, else overwritten.
  package static func inputGradient(
    of outputGradient: TensorView<Float>, packed: UnsafePointer<Float>,
    into inputGradient: TensorView<Float>, accumulate: Bool, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    gemm(geometry, .inputGradient).run(
      ImplicitGEMM.Operands(
        source: outputGradient, packed: packed, bias: nil, activation: nil, target: inputGradient,
        accumulate: accumulate, weightStrides: weightStrides(geometry, .inputGradient)),
      scratch: scratch, pool: pool)
  }

  /// ∂L/∂w from x and ∂L/∂y: `weightGradient`, OHWI, is overwritten.
  package static func weightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    WeightGradientGEMM(geometry: geometry, isTransposed: true).run(
      gathered: outputGradient, plain: input, into: weightGradient, scratch: scratch, pool: pool)
  }

  private static func weightStrides(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> WeightStrides {
    let taps = geometry.kernelHeight * geometry.kernelWidth
    return direction == .forward
      ? .targetMajor(taps: taps, sourceChannels: geometry.outputChannels)
      : .sourceMajor(taps: taps, targetChannels: geometry.outputChannels)
  }

  /// Forward goes the way of the convolution's input gradient, and back.
  private static func gemm(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> ImplicitGEMM { ImplicitGEMM(geometry: geometry, isAdjoint: direction == .forward) }
}
