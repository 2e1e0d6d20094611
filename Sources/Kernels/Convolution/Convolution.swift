// SPDX-License-Identifier: Apache-2.0

/// Two-dimensional convolution of NHWC activations with OHWI weights, and its gradients.
///
///     y[n,i,j,o] = φ(b[o] + Σ_{a,b,c} x[n, i·s + a·d − p, j·s + b·d − p, g·C/G + c] · w[o,a,b,c])
///
/// Pixels outside of the input are 0. Every direction has the same three parts, so that nothing is
/// allocated while a network runs: how many floats of *packed* weights and of *scratch* the
/// geometry needs, packing (once per change of the weights), and running.
package enum Convolution {
  /// What is computed from what.
  package enum Direction: Equatable, Sendable {
    /// y from x and w.
    case forward
    /// The same with a quarter of its rounding errors, a little slower: training tolerates larger
    /// ones.
    case inference
    /// ∂L/∂x from ∂L/∂y and w.
    case inputGradient
    /// ∂L/∂w from x and ∂L/∂y.
    case weightGradient

    var isForward: Bool { self == .forward || self == .inference }
  }

  /// y[n,i,j,o] = b[o] + Σ_{a,b,c} x[n, i·s + a·d − p, j·s + b·d − p, g·C/G + c] · w[o,a,b,c], g =
  /// ⌊o · G / O⌋, before any activation function: the definition that the fast kernels are tested
  /// against.
  package static func referenceForward(
    _ input: TensorView<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    into output: TensorView<Float>, _ geometry: ConvolutionGeometry
  ) {
    for n in 0..<geometry.batch {
      for i in 0..<geometry.outputHeight {
        for j in 0..<geometry.outputWidth {
          for o in 0..<geometry.outputChannels {
            var sum = Double(bias?[o] ?? 0)
            forEachTap(of: o, at: i, j, geometry) { y, x, channel, weight in
              sum += Double(input.pixel(n, y, x)[channel]) * Double(weights[weight])
            }
            output.pixel(n, i, j)[o] = Float(sum)
          }
        }
      }
    }
  }

  /// ∂L/∂x[n,y,x,c] (+)= Σ over all (i,j,o,a,b) that read it of ∂L/∂y[n,i,j,o] · w[o,a,b,c].
  package static func referenceInputGradient(
    of outputGradient: TensorView<Float>, weights: UnsafePointer<Float>,
    into inputGradient: TensorView<Float>, accumulate: Bool, _ geometry: ConvolutionGeometry
  ) {
    if !accumulate {
      for pixel in 0..<inputGradient.pixelCount {
        for c in 0..<inputGradient.channels { inputGradient.pixel(pixel)[c] = 0 }
      }
    }
    for n in 0..<geometry.batch {
      for i in 0..<geometry.outputHeight {
        for j in 0..<geometry.outputWidth {
          for o in 0..<geometry.outputChannels {
            let gradient = outputGradient.pixel(n, i, j)[o]
            forEachTap(of: o, at: i, j, geometry) { y, x, channel, weight in
              inputGradient.pixel(n, y, x)[channel] += gradient * weights[weight]
            }
          }
        }
      }
    }
  }

  /// ∂L/∂w[o,a,b,c] = Σ_{n,i,j} ∂L/∂y[n,i,j,o] · x[n, i·s + a·d − p, j·s + b·d − p, g·C/G + c].
  package static func referenceWeightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry
  ) {
    for index in 0..<geometry.weightCount { weightGradient[index] = 0 }
    for n in 0..<geometry.batch {
      for i in 0..<geometry.outputHeight {
        for j in 0..<geometry.outputWidth {
          for o in 0..<geometry.outputChannels {
            let gradient = outputGradient.pixel(n, i, j)[o]
            forEachTap(of: o, at: i, j, geometry) { y, x, channel, weight in
              weightGradient[weight] += gradient * input.pixel(n, y, x)[channel]
            }
          }
        }
      }
    }
  }

  /// Calls `body` with the input position and channel, and the index of the weight, of each product
  /// that output channel `o` of output pixel `(i, j)` sums; those in the padding are left out.
  private static func forEachTap(
    of o: Int, at i: Int, _ j: Int, _ geometry: ConvolutionGeometry,
    _ body: (_ y: Int, _ x: Int, _ channel: Int, _ weight: Int) -> Void
  ) {
    let channels = geometry.groupInputChannels
    let firstChannel = o / geometry.groupOutputChannels * channels
    for a in 0..<geometry.kernelHeight {
      let y = i * geometry.strideHeight + a * geometry.dilationHeight - geometry.paddingTop
      guard y >= 0 && y < geometry.inputHeight else { continue }
      for b in 0..<geometry.kernelWidth {
        let x = j * geometry.strideWidth + b * geometry.dilationWidth - geometry.paddingLeft
        guard x >= 0 && x < geometry.inputWidth else { continue }
        let firstWeight = ((o * geometry.kernelHeight + a) * geometry.kernelWidth + b) * channels
        for c in 0..<channels { body(y, x, firstChannel + c, firstWeight + c) }
      }
    }
  }
}

extension Convolution {
  /// Floats that `pack` writes; 0 for `.weightGradient`, which reads no weights.
  package static func packedCount(_ geometry: ConvolutionGeometry, _ direction: Direction) -> Int {
    guard direction != .weightGradient else { return 0 }
    return switch ConvolutionAlgorithm(geometry, direction) {
    case .depthwise: depthwise(geometry, direction).packedCount
    case .winograd: Winograd.packedCount(geometry, direction)
    case .columnsToImage: ColumnsToImage(geometry: geometry).layout.count
    case .implicitGEMM: gemm(geometry, direction).packedCount
    }
  }

  /// Whether `packed` may be the OHWI weights themselves, so that packing them, then a copy,
  /// can be left out.
  package static func readsWeightsInPlace(
    _ geometry: ConvolutionGeometry, _ direction: Direction
  ) -> Bool {
    switch ConvolutionAlgorithm(geometry, direction) {
    case .depthwise, .winograd, .columnsToImage: false
    case .implicitGEMM:
      direction != .weightGradient && gemm(geometry, direction).readsWeightsInPlace
    }
  }

  /// Puts the OHWI `weights` in the order that `direction` reads them in.
  package static func pack(
    _ weights: UnsafePointer<Float>, _ geometry: ConvolutionGeometry, _ direction: Direction,
    into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    guard direction != .weightGradient else { return }
    switch ConvolutionAlgorithm(geometry, direction) {
    case .depthwise: depthwise(geometry, direction).pack(weights, into: packed)
    case .winograd: Winograd.pack(weights, geometry, direction, into: packed, pool: pool)
    case .columnsToImage: ColumnsToImage(geometry: geometry).pack(weights, into: packed)
    case .implicitGEMM:
      gemm(geometry, direction).pack(
        weights, weightStrides(geometry, direction), into: packed, pool: pool)
    }
  }

  /// Floats of scratch memory that running `direction` needs.
  package static func scratchCount(
    _ geometry: ConvolutionGeometry, _ direction: Direction, threadCount: Int
  ) -> Int {
    switch ConvolutionAlgorithm(geometry, direction) {
    case .depthwise:
      direction == .weightGradient ? DepthwiseWeightGradient(geometry: geometry).scratchCount : 0
    case .winograd: Winograd.scratchCount(geometry, direction, threadCount: threadCount)
    case .columnsToImage: ColumnsToImage(geometry: geometry).scratchCount(threadCount: threadCount)
    case .implicitGEMM:
      direction == .weightGradient
        ? WeightGradientGEMM(geometry: geometry, isTransposed: false).scratchCount(
          threadCount: threadCount)
        : gemm(geometry, direction).scratchCount(threadCount: threadCount)
    }
  }

  /// y from x, in the way of `direction`, `.forward` or `.inference`: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    activation: ActivationFunction?, into output: TensorView<Float>,
    _ geometry: ConvolutionGeometry, _ direction: Direction = .forward,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let operands = ImplicitGEMM.Operands(
      source: input, packed: packed, bias: bias, activation: activation, target: output,
      accumulate: false, weightStrides: weightStrides(geometry, direction))
    switch ConvolutionAlgorithm(geometry, direction) {
    case .depthwise: depthwise(geometry, direction).run(operands, pool: pool)
    case .winograd:
      let fused = activation.flatMap { $0.isFusedInMicroKernel ? $0 : nil }
      Winograd.forward(
        input, packed: packed, bias: bias, activation: fused, into: output, geometry, direction,
        scratch: scratch, pool: pool)
      if let activation, fused == nil {
        Activation.forward(activation, output, into: output, pool: pool)
      }
    case .columnsToImage: preconditionFailure("col2im is for input gradients")
    case .implicitGEMM: gemm(geometry, direction).run(operands, scratch: scratch, pool: pool)
    }
  }

  /// ∂L/∂x from ∂L/∂y: `inputGradient` is added to when `accumulate`, else overwritten.
  package static func inputGradient(
    of outputGradient: TensorView<Float>, packed: UnsafePointer<Float>,
    into inputGradient: TensorView<Float>, accumulate: Bool, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let operands = ImplicitGEMM.Operands(
      source: outputGradient, packed: packed, bias: nil, activation: nil, target: inputGradient,
      accumulate: accumulate, weightStrides: weightStrides(geometry, .inputGradient))
    switch ConvolutionAlgorithm(geometry, .inputGradient) {
    case .depthwise: depthwise(geometry, .inputGradient).run(operands, pool: pool)
    case .winograd:
      Winograd.inputGradient(
        of: outputGradient, packed: packed, into: inputGradient, accumulate: accumulate, geometry,
        scratch: scratch, pool: pool)
    case .columnsToImage:
      ColumnsToImage(geometry: geometry).run(operands, scratch: scratch, pool: pool)
    case .implicitGEMM: gemm(geometry, .inputGradient).run(operands, scratch: scratch, pool: pool)
    }
  }

  /// ∂L/∂w from x and ∂L/∂y: `weightGradient`, OHWI, is overwritten.
  package static func weightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    switch ConvolutionAlgorithm(geometry, .weightGradient) {
    case .depthwise:
      DepthwiseWeightGradient(geometry: geometry).run(
        input: input, outputGradient: outputGradient, into: weightGradient, scratch: scratch,
        pool: pool)
    case .winograd:
      Winograd.weightGradient(
        input: input, outputGradient: outputGradient, into: weightGradient, geometry,
        scratch: scratch, pool: pool)
    case .columnsToImage: preconditionFailure("col2im is for input gradients")
    case .implicitGEMM:
      WeightGradientGEMM(geometry: geometry, isTransposed: false).run(
        gathered: input, plain: outputGradient, into: weightGradient, scratch: scratch, pool: pool)
    }
  }

  private static func weightStrides(
    _ geometry: ConvolutionGeometry, _ direction: Direction
  ) -> WeightStrides {
    let taps = geometry.kernelHeight * geometry.kernelWidth
    return direction.isForward
      ? .targetMajor(taps: taps, sourceChannels: geometry.groupInputChannels)
      : .sourceMajor(taps: taps, targetChannels: geometry.groupInputChannels)
  }

  private static func depthwise(
    _ geometry: ConvolutionGeometry, _ direction: Direction
  ) -> DepthwiseStencil {
    DepthwiseStencil(geometry: geometry, isAdjoint: direction == .inputGradient)
  }

  private static func gemm(_ geometry: ConvolutionGeometry, _ direction: Direction) -> ImplicitGEMM
  { ImplicitGEMM(geometry: geometry, isAdjoint: direction == .inputGradient) }
}
