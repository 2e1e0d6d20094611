// SPDX-License-Identifier: Apache-2.0

/// Two-dimensional convolution of 8-bit NHWC activations with 8-bit OHWI weights.
///
///     y[n,i,j,o] = clamp(R_o(b[o] + Σ_{a,b,c} (x[n, i·s + a·d − p, …] − z_x) · w[o,a,b,c]) + z_y)
///
/// **Shapes**: as in `Convolution`. Pixels outside of the input are z_x, which stands for 0.
///
/// **Numbers**: sums are of 32 bits; R_o multiplies by `FixedPointMultiplier` o, its two roundings,
/// or its one, included. Sums that do not fit into 32 bits are the caller's mistake: 2¹⁵ products
/// always fit.
///
/// **Exactness**: the bytes of `referenceForward`, in every build and for any number of threads.
///
/// A dense layer is the convolution of maps of one pixel.
package enum IntegerConvolution {
  /// What the integers of input and output stand for, and the clamp of a fused activation.
  package struct Quantization: Equatable, Sendable {
    package var inputZeroPoint: Int32
    package var outputZeroPoint: Int32
    package var minimum: Int8
    package var maximum: Int8
    /// Whether sums are rounded once when they are brought to the output's scale, as in TensorFlow
    /// Lite's dense layers; else twice, as in its convolutions.
    package var roundsOnce: Bool

    package init(
      inputZeroPoint: Int32, outputZeroPoint: Int32, minimum: Int8 = -128, maximum: Int8 = 127,
      roundsOnce: Bool = false
    ) {
      self.inputZeroPoint = inputZeroPoint
      self.outputZeroPoint = outputZeroPoint
      self.minimum = minimum
      self.maximum = maximum
      self.roundsOnce = roundsOnce
    }
  }

  /// Bytes that `pack` writes.
  package static func packedByteCount(
    _ geometry: ConvolutionGeometry, for layout: PackingLayout = .native
  ) -> Int {
    switch Method(geometry, layout) {
    case .depthwise: IntegerDepthwise(geometry, for: layout).packedByteCount
    case .directDepthwise: DirectDepthwise(geometry, for: layout).packedByteCount
    case .winograd: IntegerWinograd(geometry, for: layout).packedByteCount
    case .gemm: IntegerGEMM(geometry, for: layout).packedByteCount
    }
  }

  /// Puts weights, biases and multipliers in the order that `forward` of a build for such a CPU
  /// reads them in. `packed` is aligned to 64 bytes.
  package static func pack(
    weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: Quantization,
    _ geometry: ConvolutionGeometry, for layout: PackingLayout = .native,
    into packed: UnsafeMutableRawPointer
  ) {
    let channels = geometry.groupInputChannels
    let parameters = IntegerParameters(
      weights: weights, outputStride: geometry.kernelHeight * geometry.kernelWidth * channels,
      rowStride: geometry.kernelWidth * channels, columnStride: channels, bias: bias,
      multipliers: multipliers, inputZeroPoint: quantization.inputZeroPoint,
      roundsOnce: quantization.roundsOnce)
    switch Method(geometry, layout) {
    case .depthwise: IntegerDepthwise(geometry, for: layout).pack(parameters, into: packed)
    case .directDepthwise: DirectDepthwise(geometry, for: layout).pack(parameters, into: packed)
    case .winograd: IntegerWinograd(geometry, for: layout).pack(parameters, into: packed)
    case .gemm: IntegerGEMM(geometry, for: layout).pack(parameters, into: packed)
    }
  }

  /// Bytes of scratch memory that `forward` needs.
  package static func scratchByteCount(_ geometry: ConvolutionGeometry, threadCount: Int) -> Int {
    let bytes =
      switch Method(geometry, .native) {
      case .depthwise: IntegerDepthwise(geometry, threadCount: threadCount).scratchByteCount
      case .directDepthwise: DirectDepthwise(geometry, threadCount: threadCount).scratchByteCount
      case .winograd: IntegerWinograd(geometry, threadCount: threadCount).scratchByteCount
      case .gemm: IntegerGEMM(geometry, threadCount: threadCount).scratchByteCount
      }
    return threadCount * bytes
  }

  /// y from x: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Int8>, packed: UnsafeRawPointer, quantization: Quantization,
    into output: TensorView<Int8>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    bound(
      input, packed: packed, quantization: quantization, into: output, geometry, scratch: scratch,
      pool: pool)()
  }

  /// A closure that runs `forward` on these operands, each time that it is called.
  package static func bound(
    _ input: TensorView<Int8>, packed: UnsafeRawPointer, quantization: Quantization,
    into output: TensorView<Int8>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) -> () -> Void {
    switch Method(geometry, .native) {
    case .depthwise:
      IntegerDepthwise(geometry, threadCount: pool.threadCount).bound(
        input, packed, quantization, into: output, scratch: scratch, pool: pool)
    case .directDepthwise:
      DirectDepthwise(geometry, threadCount: pool.threadCount).bound(
        input, packed, quantization, into: output, scratch: scratch, pool: pool)
    case .winograd:
      IntegerWinograd(geometry, threadCount: pool.threadCount).bound(
        input, packed, quantization, into: output, scratch: scratch, pool: pool)
    case .gemm:
      IntegerGEMM(geometry, threadCount: pool.threadCount).bound(
        input, packed, quantization, into: OutputLattice(output), scratch: scratch, pool: pool)
    }
  }

  /// How such a convolution is computed on a CPU of such a layout.
  private enum Method {
    case depthwise
    case directDepthwise
    case winograd
    case gemm

    init(_ geometry: ConvolutionGeometry, _ layout: PackingLayout) {
      if geometry.groups == geometry.inputChannels && geometry.groups > 1 {
        self = layout.reductionElements > 0 ? .directDepthwise : .depthwise
      } else if IntegerWinograd.suits(geometry, for: layout) {
        self = .winograd
      } else {
        self = .gemm
      }
    }
  }
}

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
