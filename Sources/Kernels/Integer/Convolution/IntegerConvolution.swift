// SPDX-License-Identifier: Apache-2.0

/// Two-dimensional convolution of int8 activations with int8 weights.
///
///     y[n,i,j,o] = clamp(M_o(b[o] + Σ_{a,b,c} (x[n, i·s + a·d − p, j·s + b·d − p, g·C/G + c] − z_x)
///                                              · w[o,a,b,c]) + z_y)
///
/// **Shapes**: those of `Convolution`. **Numbers**: M_o is `FixedPointMultiplier.apply`, or
/// `applyRoundingOnce` where the quantisation says so, z the zero points; pixels outside of the
/// input are z_x. Sums are 32-bit and wrap, as TensorFlow Lite's do; no sum of fewer than 2¹⁶
/// products can.
///
/// **Exactness**: bit-identical to `referenceForward` in every build and for any number of threads.
///
/// **Source**: Jacob et al., arXiv:1712.05877; the TensorFlow Lite quantisation specification.
package enum IntegerConvolution {
  /// What the integers of input and output stand for, and the clamp of a fused activation.
  package struct Quantization: Equatable, Sendable {
    package var inputZeroPoint: Int32
    package var outputZeroPoint: Int32
    package var minimum: Int8
    package var maximum: Int8
    /// Whether sums are rounded once when they are brought to the output's scale, as TensorFlow
    /// Lite's dense layers do.
    package var roundsOnce: Bool

    package init(
      inputZeroPoint: Int32, outputZeroPoint: Int32, minimum: Int8 = .min, maximum: Int8 = .max,
      roundsOnce: Bool = false
    ) {
      self.inputZeroPoint = inputZeroPoint
      self.outputZeroPoint = outputZeroPoint
      self.minimum = minimum
      self.maximum = maximum
      self.roundsOnce = roundsOnce
    }
  }

  /// Bytes that `prepare` writes.
  package static func preparedByteCount(_ geometry: ConvolutionGeometry) -> Int {
    geometry.isDepthwise
      ? IntegerDepthwise(geometry: geometry).preparedByteCount
      : DotProductLayout(geometry).byteCount
  }

  /// Puts weights, biases and factors in the order in which the kernels read them.
  ///
  /// - Parameter weights: OHWI.
  /// - Parameter multipliers: One an output channel.
  /// - Parameter prepared: Memory at a multiple of 64 bytes.
  package static func prepare(
    weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: Quantization,
    _ geometry: ConvolutionGeometry, into prepared: UnsafeMutableRawPointer
  ) {
    let channels = OutputChannels(
      bias: bias, multipliers: multipliers, inputZeroPoint: quantization.inputZeroPoint)
    if geometry.isDepthwise {
      IntegerDepthwise(geometry: geometry).prepare(weights, channels, into: prepared)
    } else {
      DotProductLayout(geometry).pack(weights, channels, into: prepared)
    }
  }

  /// Bytes of scratch memory that `forward` needs.
  package static func scratchByteCount(
    _ geometry: ConvolutionGeometry, threadCount: Int
  ) -> Int {
    let image = UnsignedImage(geometry).byteCount
    return geometry.isDepthwise
      ? image + threadCount * IntegerDepthwise(geometry: geometry).scratchByteCount : image
  }

  /// y from x: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Int8>, prepared: UnsafeRawPointer, quantization: Quantization,
    into output: TensorView<Int8>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    let image = UnsignedImage(geometry)
    let bytes = scratch.assumingMemoryBound(to: UInt8.self)
    for n in 0..<image.count {
      image.copy(input, number: n, zeroPoint: quantization.inputZeroPoint, into: bytes, pool: pool)
      if geometry.isDepthwise {
        IntegerDepthwise(geometry: geometry).run(
          bytes, prepared: prepared, quantization, into: output, number: n,
          scratch: scratch + image.byteCount, pool: pool)
      } else {
        DotProductConvolution(
          geometry: geometry, image: image, layout: DotProductLayout(geometry),
          quantization: quantization
        ).run(bytes, prepared: prepared, into: output, number: n, pool: pool)
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Whether each output channel reads the one input channel of its number.
  var isDepthwise: Bool { groups == inputChannels && groups == outputChannels && groups > 1 }
}

/// What is added to the sums of each output channel, and multiplied with them.
struct OutputChannels {
  let bias: UnsafePointer<Int32>?
  let multipliers: UnsafePointer<FixedPointMultiplier>
  let inputZeroPoint: Int32

  /// The bias of a sum over bytes x + 128 instead of x − z_x:
  ///
  ///     Σ (x − z_x) · w = Σ (x + 128) · w − (z_x + 128) · Σ w
  func foldedBias(_ channel: Int, weightSum: Int32) -> Int32 {
    (bias?[channel] ?? 0) &- (inputZeroPoint &+ 128) &* weightSum
  }
}
