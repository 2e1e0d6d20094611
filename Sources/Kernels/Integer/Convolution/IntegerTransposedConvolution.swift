// SPDX-License-Identifier: Apache-2.0

/// The adjoint of a convolution, of 8-bit integers and with weights of its own.
///
///     y[n, i·s + a·d − p, …, o] = clamp(R_o(b[o] + Σ_{i,j,a,b,c} (x[n,i,j,c] − z_x) · w[o,a,b,c])
///                                       + z_y)
///
/// Geometry and weights are those of `TransposedConvolution`; numbers and exactness, those of
/// `IntegerConvolution`. Every s-th row and column of y, a *phase*, is an ordinary convolution of x
/// by every s-th tap of the kernel, in reverse.
package enum IntegerTransposedConvolution {
  /// Bytes that `pack` writes.
  package static func packedByteCount(
    _ geometry: ConvolutionGeometry, for layout: PackingLayout = .native
  ) -> Int {
    var count = 0
    TransposedPhase.forEach(geometry) { count += $0.gemm(for: layout).packedByteCount }
    return count
  }

  /// Puts weights, biases and multipliers in the order that `forward` of a build for such a CPU
  /// reads them in. `packed` is aligned to 64 bytes.
  package static func pack(
    weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: IntegerConvolution.Quantization,
    _ geometry: ConvolutionGeometry, for layout: PackingLayout = .native,
    into packed: UnsafeMutableRawPointer
  ) {
    var offset = 0
    TransposedPhase.forEach(geometry) { phase in
      let gemm = phase.gemm(for: layout)
      let parameters = phase.parameters(
        weights: weights, bias: bias, multipliers: multipliers, quantization: quantization)
      gemm.pack(parameters, into: packed + offset)
      offset += gemm.packedByteCount
    }
  }

  /// Bytes of scratch memory that `forward` needs.
  package static func scratchByteCount(_ geometry: ConvolutionGeometry, threadCount: Int) -> Int {
    var count = 0
    TransposedPhase.forEach(geometry) {
      count = max(count, $0.gemm(threadCount: threadCount).scratchByteCount)
    }
    return count * threadCount
  }

  /// y from x: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Int8>, packed: UnsafeRawPointer,
    quantization: IntegerConvolution.Quantization, into output: TensorView<Int8>,
    _ geometry: ConvolutionGeometry, scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    var offset = 0
    TransposedPhase.forEach(geometry) { phase in
      let gemm = phase.gemm(threadCount: pool.threadCount)
      gemm.bound(
        input, packed + offset, quantization, into: phase.lattice(of: output), scratch: scratch,
        pool: pool)()
      offset += gemm.packedByteCount
    }
  }
}

/// One axis of a phase: the outputs `first`, `first` + s, … and the taps that reach them.
///
/// Output y reads input (y + p − a·d) / s through the taps a for which that is an integer: with g =
/// gcd(s, d), every (s / g)-th tap, d / g inputs apart, in reverse.
private struct TransposedAxis {
  /// The smallest tap, the distance of taps, and how many there are; 0 if none reaches the phase.
  private(set) var firstTap = 0
  let tapStep: Int
  private(set) var tapCount = 0
  /// Distance of the inputs of neighbouring taps.
  let dilation: Int
  let outputCount: Int
  /// Inputs that the first output's window begins before the first input.
  private(set) var padding = 0

  init(first: Int, size: Int, stride s: Int, dilation d: Int, padding p: Int, kernel: Int) {
    var (divisor, rest) = (s, d)
    while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
    tapStep = s / divisor
    dilation = d / divisor
    outputCount = (size - first + s - 1) / s
    guard let tap = (0..<min(kernel, tapStep)).first(where: { (first + p - $0 * d) % s == 0 })
    else { return }
    firstTap = tap
    tapCount = (kernel - tap + tapStep - 1) / tapStep
    padding = (tapCount - 1) * dilation - (first + p - tap * d) / s
  }
}

/// The outputs whose row is `row` and whose column is `column`, modulo the stride.
private struct TransposedPhase {
  let geometry: ConvolutionGeometry
  let row: Int
  let column: Int
  private let vertical: TransposedAxis
  private let horizontal: TransposedAxis

  private init(_ g: ConvolutionGeometry, row: Int, column: Int) {
    geometry = g
    self.row = row
    self.column = column
    vertical = TransposedAxis(
      first: row, size: g.inputHeight, stride: g.strideHeight, dilation: g.dilationHeight,
      padding: g.paddingTop, kernel: g.kernelHeight)
    horizontal = TransposedAxis(
      first: column, size: g.inputWidth, stride: g.strideWidth, dilation: g.dilationWidth,
      padding: g.paddingLeft, kernel: g.kernelWidth)
  }

  static func forEach(_ geometry: ConvolutionGeometry, _ body: (TransposedPhase) -> Void) {
    for row in 0..<min(geometry.strideHeight, geometry.inputHeight) {
      for column in 0..<min(geometry.strideWidth, geometry.inputWidth) {
        body(TransposedPhase(geometry, row: row, column: column))
      }
    }
  }

  /// Whether any tap reaches the phase; otherwise its outputs are the bias.
  private var hasTaps: Bool { vertical.tapCount > 0 && horizontal.tapCount > 0 }

  /// A phase without taps is a convolution by one weight of 0.
  func gemm(threadCount: Int = 1, for layout: PackingLayout = .native) -> IntegerGEMM {
    IntegerGEMM(
      ConvolutionGeometry(
        batch: geometry.batch, inputHeight: geometry.outputHeight, inputWidth: geometry.outputWidth,
        inputChannels: geometry.outputChannels, outputHeight: vertical.outputCount,
        outputWidth: horizontal.outputCount, outputChannels: geometry.inputChannels,
        kernelHeight: hasTaps ? vertical.tapCount : 1,
        kernelWidth: hasTaps ? horizontal.tapCount : 1, dilationHeight: vertical.dilation,
        dilationWidth: horizontal.dilation, paddingTop: hasTaps ? vertical.padding : 0,
        paddingLeft: hasTaps ? horizontal.padding : 0), isScattered: true, threadCount: threadCount,
      for: layout)
  }

  /// The phase's taps, in reverse.
  func parameters(
    weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: IntegerConvolution.Quantization
  ) -> IntegerParameters {
    let channels = geometry.outputChannels
    let rowElements = geometry.kernelWidth * channels
    let lastRow = vertical.firstTap + (vertical.tapCount - 1) * vertical.tapStep
    let lastColumn = horizontal.firstTap + (horizontal.tapCount - 1) * horizontal.tapStep
    return IntegerParameters(
      weights: hasTaps ? weights + lastRow * rowElements + lastColumn * channels : nil,
      outputStride: geometry.kernelHeight * rowElements, rowStride: -vertical.tapStep * rowElements,
      columnStride: -horizontal.tapStep * channels, bias: bias, multipliers: multipliers,
      inputZeroPoint: quantization.inputZeroPoint, roundsOnce: quantization.roundsOnce)
  }

  /// The phase's pixels of `output`.
  func lattice(of output: TensorView<Int8>) -> OutputLattice {
    OutputLattice(
      base: output.pixel(0, row, column), columnStride: geometry.strideWidth * output.pixelStride,
      rowStride: geometry.strideHeight * output.width * output.pixelStride,
      imageStride: output.height * output.width * output.pixelStride)
  }
}

extension IntegerTransposedConvolution {
  /// The equation, as a sum over the inputs and taps that reach each output.
  package static func referenceForward(
    _ input: TensorView<Int8>, weights: UnsafePointer<Int8>, bias: UnsafePointer<Int32>?,
    multipliers: UnsafePointer<FixedPointMultiplier>, quantization: IntegerConvolution.Quantization,
    into output: TensorView<Int8>, _ g: ConvolutionGeometry
  ) {
    for n in 0..<g.batch {
      for y in 0..<g.inputHeight {
        for x in 0..<g.inputWidth {
          for o in 0..<g.inputChannels {
            var sum = bias?[o] ?? 0
            for a in 0..<g.kernelHeight {
              let (i, rowRest) = (y + g.paddingTop - a * g.dilationHeight).quotientAndRemainder(
                dividingBy: g.strideHeight)
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
