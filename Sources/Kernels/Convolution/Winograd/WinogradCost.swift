// SPDX-License-Identifier: Apache-2.0

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
  /// cycle, but a product alone has to wait for itself; the weights' transform takes two cycles a
  /// product.
  func cycles<Transform: WinogradTransform>(_: Transform.Type) -> Double {
    let tiles = WinogradTiles(
      size: Transform.outputs, batch: batch, height: height, width: width)
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
