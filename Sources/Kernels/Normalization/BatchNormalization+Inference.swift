// SPDX-License-Identifier: Apache-2.0

extension BatchNormalization {
  /// The multiplier γ / √(σ² + ε) and the shift β − μ · multiplier that the whole operation amounts
  /// to in inference.
  package static func fold(
    scale: UnsafePointer<Float>, offset: UnsafePointer<Float>, mean: UnsafePointer<Float>,
    variance: UnsafePointer<Float>, epsilon: Float, channels: Int,
    multiplier: UnsafeMutablePointer<Float>, shift: UnsafeMutablePointer<Float>
  ) {
    for c in 0..<channels {
      let factor = Double(scale[c]) / (Double(variance[c]) + Double(epsilon)).squareRoot()
      multiplier[c] = Float(factor)
      shift[c] = Float(Double(offset[c]) - Double(mean[c]) * factor)
    }
  }

  /// y = f(multiplier · x + shift), with both from ``fold``. `y` may be `x`.
  package static func forwardInference(
    _ x: TensorView<Float>, multiplier: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    activation: ActivationFunction?, into y: TensorView<Float>, pool: ThreadPool
  ) {
    ChannelAffine.forward(
      x, multiplier: multiplier, shift: shift, activation: activation, into: y, pool: pool)
  }

  /// The gradient through a frozen normalisation. `dx` may be `dy`.
  package static func gradientInference(
    of dy: TensorView<Float>, multiplier: UnsafePointer<Float>, into dx: TensorView<Float>,
    accumulate: Bool, pool: ThreadPool
  ) {
    ChannelAffine.gradient(
      of: dy, multiplier: multiplier, into: dx, accumulate: accumulate, pool: pool)
  }
}
