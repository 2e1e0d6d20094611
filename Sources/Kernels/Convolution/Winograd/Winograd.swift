// SPDX-License-Identifier: Apache-2.0

/// 3×3 convolutions of stride 1 by Winograd's minimal filtering, and their gradients.
///
///     y = φ(b + Aᵀ[Σ_c (G w_c Gᵀ) ⊙ (Bᵀ x_c B)]A)
///     ∂L/∂x = the same with the weights turned by 180° and the channels exchanged
///     ∂L/∂w = Gᵀ[Σ_tiles (A ∂L/∂y Aᵀ) ⊙ (Bᵀ x B)]G
///
/// for each m×m tile of the result, m = 6 or 4 by the cost of either (4 for inference): 64 products
/// instead of 324, or 36 instead of 144, and those products are matrix products over the channels.
///
/// **Shapes**: input and output are NHWC, `pixelStride` at least their channels; weights OHWI.
/// Padding 0 to 2 at the top and the left; at the bottom and the right, what the output size
/// implies.
/// **Numbers**: errors are within 3 · 10⁻⁵ of the largest magnitude in the result; typically 10⁻⁵
/// for 6×6 tiles and 2 · 10⁻⁶ for 4×4. The result does not depend on the number of threads.
/// **Cost**: scratch memory of up to about 10 MB and 1 to 4 MB a thread for the forward pass and
/// the input gradient, and up to about 20 MB for the weight gradient.
/// **Source**: Lavin & Gray, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308;
/// Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution for Deep
/// Neural Networks, arXiv:1803.10986.
package enum Winograd {
  /// Whether the geometry is one that is computed here.
  package static func supports(_ geometry: ConvolutionGeometry) -> Bool {
    geometry.kernelHeight == 3 && geometry.kernelWidth == 3 && geometry.strideHeight == 1
      && geometry.strideWidth == 1 && geometry.dilationHeight == 1 && geometry.dilationWidth == 1
      && geometry.groups == 1 && (0...2).contains(geometry.paddingTop)
      && (0...2).contains(geometry.paddingLeft)
  }

  /// Whether it is supported, and expected to be faster than multiplying gathered pixels by the
  /// nine taps.
  package static func wins(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> Bool { supports(geometry) && WinogradCost(geometry, direction).wins }

  /// Floats that `pack` writes.
  package static func packedCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction
  ) -> Int { direction == .weightGradient ? 0 : WinogradWeights(geometry, direction).packedCount }

  /// Packs the OHWI `weights`; nothing for `.weightGradient`.
  package static func pack(
    _ weights: UnsafePointer<Float>, _ geometry: ConvolutionGeometry,
    _ direction: Convolution.Direction, into packed: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    guard direction != .weightGradient else { return }
    let order = WinogradWeights(geometry, direction)
    pool.forEach(order.layout.panelCount) { panel, _ in
      order.pack(panel: panel, from: weights, into: packed)
    }
  }

  /// Floats of scratch memory that running `direction` needs.
  package static func scratchCount(
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction, threadCount: Int
  ) -> Int {
    WinogradCost(geometry, direction).prefersLargeTiles
      ? scratchCount(WinogradTransform6.self, geometry, direction, threadCount)
      : scratchCount(WinogradTransform4.self, geometry, direction, threadCount)
  }

  /// y from x: `output` is overwritten.
  package static func forward(
    _ input: TensorView<Float>, packed: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    activation: ActivationFunction?, into output: TensorView<Float>,
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction = .forward,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let epilogue = WinogradEpilogue(
      target: output, bias: bias, activation: activation, accumulate: false)
    run(input, packed: packed, epilogue, geometry, direction, scratch: scratch, pool: pool)
  }

  /// ∂L/∂x from ∂L/∂y: `inputGradient` is added to when `accumulate`, else overwritten.
  package static func inputGradient(
    of outputGradient: TensorView<Float>, packed: UnsafePointer<Float>,
    into inputGradient: TensorView<Float>, accumulate: Bool, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let epilogue = WinogradEpilogue(
      target: inputGradient, bias: nil, activation: nil, accumulate: accumulate)
    run(
      outputGradient, packed: packed, epilogue, geometry, .inputGradient, scratch: scratch,
      pool: pool)
  }

  /// ∂L/∂w from x and ∂L/∂y: `weightGradient`, OHWI, is overwritten.
  package static func weightGradient(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ geometry: ConvolutionGeometry,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    if WinogradCost(geometry, .weightGradient).prefersLargeTiles {
      WinogradWeightGradient<WinogradTransform6>(geometry).run(
        input: input, outputGradient: outputGradient, into: weightGradient, scratch: scratch,
        pool: pool)
    } else {
      WinogradWeightGradient<WinogradTransform4>(geometry).run(
        input: input, outputGradient: outputGradient, into: weightGradient, scratch: scratch,
        pool: pool)
    }
  }

  private static func run(
    _ source: TensorView<Float>, packed: UnsafePointer<Float>, _ epilogue: WinogradEpilogue,
    _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(supports(geometry), "a 3×3 convolution of stride 1 in one group")
    if WinogradCost(geometry, direction).prefersLargeTiles {
      WinogradCorrelation<WinogradTransform6>(geometry, direction).run(
        source, packed: packed, epilogue, scratch: scratch, pool: pool)
    } else {
      WinogradCorrelation<WinogradTransform4>(geometry, direction).run(
        source, packed: packed, epilogue, scratch: scratch, pool: pool)
    }
  }

  private static func scratchCount<Transform: WinogradTransform>(
    _: Transform.Type, _ geometry: ConvolutionGeometry, _ direction: Convolution.Direction,
    _ threadCount: Int
  ) -> Int {
    direction == .weightGradient
      ? WinogradWeightGradient<Transform>(geometry).scratchCount(threadCount: threadCount)
      : WinogradCorrelation<Transform>(geometry, direction).scratchCount(threadCount: threadCount)
  }
}

/// What a convolution is expected to cost, in cycles of one core: fitted to measurements, and the
/// same for any number of threads, so that the choice is too.
struct WinogradCost {
  /// Channels that are broadcast, and vectors of the channels that lie across a register.
  private let depth: Double
  private let vectors: Double
  private let depthVectors: Double
  private let batch: Int
  private let height: Int
  private let width: Int
  /// Whether the rounding errors of 6×6 tiles are acceptable.
  private let allowsLargeTiles: Bool

  init(_ geometry: ConvolutionGeometry, _ direction: Convolution.Direction) {
    allowsLargeTiles = direction != .inference
    let isForward = direction.isForward
    let channels = isForward ? geometry.inputChannels : geometry.outputChannels
    let across = isForward ? geometry.outputChannels : geometry.inputChannels
    let vector = Machine.vectorFloats
    depth = Double(channels)
    depthVectors = Double((channels + vector - 1) / vector)
    vectors = Double((across + vector - 1) / vector)
    batch = geometry.batch
    height = direction == .inputGradient ? geometry.inputHeight : geometry.outputHeight
    width = direction == .inputGradient ? geometry.inputWidth : geometry.outputWidth
  }

  /// Tiles: a transform of n² products takes some twelve cycles a product; the products take half a
  /// cycle each, but a single one waits for its own result; the weights' transform takes two cycles
  /// a product.
  func cycles<Transform: WinogradTransform>(_: Transform.Type) -> Double {
    let tiles = WinogradTiles(size: Transform.outputs, batch: batch, height: height, width: width)
    let count = Double(tiles.count)
    let products = Double(Transform.products)
    let multiplication = depth * vectors * products * (2 + max(2, count / 2))
    return multiplication + count * products * 12.5 * (depthVectors + vectors)
  }

  /// Nine taps: half a cycle a product and the gathering of the pixels.
  var directCycles: Double {
    9 * Double(batch) * Double(height) * Double(width) * (depth * vectors * 0.55 + 13)
  }

  /// Whether tiles of 6×6 outputs beat those of 4×4.
  var prefersLargeTiles: Bool {
    !Machine.isBoard && allowsLargeTiles
      && cycles(WinogradTransform6.self) < cycles(WinogradTransform4.self)
  }

  /// Whether tiles beat nine taps.
  var wins: Bool {
    directCycles
      > (prefersLargeTiles ? cycles(WinogradTransform6.self) : cycles(WinogradTransform4.self))
  }
}
