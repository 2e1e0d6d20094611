// SPDX-License-Identifier: Apache-2.0

/// The adjoint of a convolution, with weights of its own, and its gradients.
///
///     y[n, i·s + a·d − p, j·s + b·d − p, o] = φ(b[o] + Σ_{i,j,a,b,c} x[n,i,j,c] · w[o,a,b,c])
///
/// Weights are OHWI with O the channels of y and I those of x, as in TFLite's TRANSPOSE_CONV. The
/// geometry is that of the convolution that goes the other way: its input is y here, its output is
/// x. `groups` is 1.
package enum TransposedConvolution {
  /// Floats that `pack` writes; 0 for `.weightGradient`, which reads no weights.
  package static func packedCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> Int {
    direction == .weightGradient ? 0 : product(geometry, direction).packedCount
  }

  /// Puts the OHWI `weights` in the order that `direction` reads them in.
  package static func pack(
    _ weights: UnsafePointer<Float>, _ geometry: ConvolutionGeometry,
    _ direction: Convolution.Direction, into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    guard direction != .weightGradient else { return }
    product(geometry, direction).pack(
      weights, weightStrides(geometry, direction), into: packed, pool: pool)
  }

  /// Floats of scratch memory that running `direction` needs.
  package static func scratchCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction, threadCount: Int
  ) -> Int {
    direction == .weightGradient
      ? WeightGradientProduct(geometry: geometry, isTransposed: true)
        .scratchCount(threadCount: threadCount)
      : product(geometry, direction).scratchCount(threadCount: threadCount)
  }

  /// y from x: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    activation: ActivationFunction?, into output: TensorView<Float>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    product(geometry, .forward).run(
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
    product(geometry, .inputGradient).run(
      ImplicitGEMM.Operands(
        source: outputGradient, packed: packed, bias: nil, activation: nil,
        target: inputGradient, accumulate: accumulate,
        weightStrides: weightStrides(geometry, .inputGradient)), scratch: scratch, pool: pool)
  }

  /// ∂L/∂w from x and ∂L/∂y: `weightGradient`, OHWI, is overwritten.
  package static func weightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    WeightGradientProduct(geometry: geometry, isTransposed: true).run(
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
  private static func product(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> ImplicitGEMM {
    ImplicitGEMM(geometry: geometry, isAdjoint: direction == .forward)
  }
}
