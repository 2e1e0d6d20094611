// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A 3×3 convolution of stride 1 by Winograd's minimal filtering F(4×4, 3×3), in integers (Lavin &
/// Gray, arXiv:1509.09308): 36 products for 16 outputs instead of 144.
///
///     576 y = Aᵀ [Σ_c (G w Gᵀ) ⊙ (Bᵀ (x − z_x) B)] A
///
/// with 24 times the usual G and A together, so that neither has fractions. Both factors fit into
/// 16 bits: |G w Gᵀ| ≤ 12² · 128, |Bᵀ (x − z_x) B| ≤ 10² · 255. All else is computed modulo 2³²,
/// and is exact nevertheless: 576 = 2⁶ · 9, and 9 has an inverse modulo 2³². So 64 y is known
/// modulo 2³², and with it every y in −2²⁵ ..< 2²⁵, which sums over `chunkDepth` channels are. More
/// channels are several such sums.
struct IntegerWinograd {
  let geometry: ConvolutionGeometry
  /// Tiles of 4×4 outputs in a row and in a column of an image.
  let tileColumns: Int
  let tileRows: Int
  /// Input channels, rounded up to what the product takes.
  let depth: Int
  /// Those that one sum is over, but for the last.
  let chunkDepth: Int
  /// Output channels of a panel of weights.
  let width: Int
  let panels: Int
  let panelVectors: Int
  let blocks: IntegerWinogradBlocks
  private let layout: PackingLayout

  static let vectors = Int(OCELLI_WINOGRAD_VECTORS)
  /// The values of a transformed tile, and its outputs.
  static let points = 36
  static let outputs = 16
  /// 9 · 255 · 128 · 112 < 2²⁵
  private static let largestChunk = 112

  /// Whether such a convolution is computed so on such a CPU: not where the weights, eight times as
  /// long, take longer to read than the products that are saved.
  static func suits(_ g: ConvolutionGeometry, for layout: PackingLayout) -> Bool {
    guard g.groups == 1, g.kernelHeight == 3, g.kernelWidth == 3, g.strideHeight == 1,
      g.strideWidth == 1, g.dilationHeight == 1, g.dilationWidth == 1
    else { return false }
    // What lies beyond the last row and column is computed in vain.
    let computed = (g.outputHeight + 3) / 4 * ((g.outputWidth + 3) / 4) * 16
    let pixels = g.outputHeight * g.outputWidth
    let channels = min(g.inputChannels, g.outputChannels)
    guard 2 * computed <= 3 * pixels else { return false }
    // Instructions that take four bytes of each factor at a time leave half as much to save: the
    // transforms cost less than that where registers are wide and layers large.
    if layout.takesFourBytes {
      return layout.lanes == 16 && channels >= 32 && pixels >= 128 && pixels * channels > 1 << 13
    }
    return channels >= 16 && pixels >= 64
  }

  init(
    _ geometry: ConvolutionGeometry, threadCount: Int = 1, for layout: PackingLayout = .native
  ) {
    self.geometry = geometry
    self.layout = layout
    tileColumns = (geometry.outputWidth + 3) / 4
    tileRows = (geometry.outputHeight + 3) / 4
    let step = Int(OCELLI_WINOGRAD_DEPTH)
    let steps = (geometry.inputChannels + step - 1) / step
    depth = steps * step
    let chunks = (depth + Self.largestChunk - 1) / Self.largestChunk
    chunkDepth = (steps + chunks - 1) / chunks * step
    width = Self.vectors * layout.lanes
    panels = (geometry.outputChannels + width - 1) / width
    panelVectors =
      IntegerPanel.headerVectors(Self.vectors) + Self.points * depth * Self.vectors / 2
    blocks = IntegerWinogradBlocks(
      tiles: geometry.batch * tileRows * tileColumns, panels: panels,
      tileBytes: Self.points * depth * MemoryLayout<Int16>.stride, threads: threadCount)
  }

  var chunks: Int { (depth + chunkDepth - 1) / chunkDepth }

  var packedByteCount: Int { panels * panelVectors * layout.registerByteCount }

  /// Bytes of one thread's `IntegerWinogradScratch`.
  var scratchByteCount: Int { IntegerWinogradScratch.byteCount(self) }

  func pack(_ parameters: IntegerParameters, into packed: UnsafeMutableRawPointer) {
    packed.initializeMemory(as: UInt8.self, repeating: 0, count: packedByteCount)
    for o in 0..<geometry.outputChannels {
      let (panel, lane) = o.quotientAndRemainder(dividingBy: width)
      let base = packed + panel * panelVectors * layout.registerByteCount
      let header = base.assumingMemoryBound(to: Int32.self)
      IntegerPanelWriter(base: header, vectors: Self.vectors, layout: layout)
        .pack(lane: lane, channel: o, parameters, weightSum: 0)
      let weights = base + IntegerPanel.headerVectors(Self.vectors) * layout.registerByteCount
      pack(lane, parameters, channel: o, into: weights.assumingMemoryBound(to: Int16.self))
    }
  }

  /// G w Gᵀ of output channel `o` and all input channels.
  private func pack(
    _ lane: Int, _ parameters: IntegerParameters, channel o: Int,
    into weights: UnsafeMutablePointer<Int16>
  ) {
    guard let taps = parameters.weights(o, 0, 0) else { return }
    // Where registers are wide, two channels are neighbours.
    let shift = layout.reductionElements > 0 ? 0 : 1
    for first in stride(from: 0, to: geometry.inputChannels, by: chunkDepth) {
      let stride = min(chunkDepth, depth - first) * width
      let chunk = weights + Self.points * first * width
      for k in 0..<min(chunkDepth, geometry.inputChannels - first) {
        let place = ((k &>> shift) &* width &+ lane) &<< shift &+ (k & shift)
        ocelli_winograd_weights(
          taps + (first &+ k), parameters.rowStride, parameters.columnStride, chunk + place, stride)
      }
    }
  }
}

/// How the tiles of a batch, and panels of output channels, are shared out.
struct IntegerWinogradBlocks {
  private let tiles: Int
  private let panels: Int
  private let tileBlocks: Int
  private let panelBlocks: Int
  /// Tiles of the largest block.
  let largest: Int

  /// Bytes of transformed input that a block has in a cache, while the weights pass by.
  private static var cachedBytes: Int { 1 << 19 }
  /// Tiles whose sums the product has in registers.
  private static var least: Int { 8 }

  /// - Parameter tileBytes: what a transformed tile takes.
  init(tiles: Int, panels: Int, tileBytes: Int, threads: Int) {
    self.tiles = tiles
    self.panels = panels
    let most = max(1, min(4, Self.cachedBytes / (tileBytes * Self.least))) * Self.least
    let whole = (tiles + most - 1) / most
    // A multiple of the threads, unless there are too few tiles.
    let shared = (whole + threads - 1) / threads * threads
    tileBlocks = max(1, min(shared, tiles / Self.least))
    panelBlocks = min(panels, max(1, threads / tileBlocks))
    largest = (tiles + tileBlocks - 1) / tileBlocks
  }

  var count: Int { tileBlocks * panelBlocks }

  func block(_ index: Int) -> (tiles: Range<Int>, panels: Range<Int>) {
    let (tile, panel) = index.quotientAndRemainder(dividingBy: panelBlocks)
    return (
      tile * tiles / tileBlocks..<(tile + 1) * tiles / tileBlocks,
      panel * panels / panelBlocks..<(panel + 1) * panels / panelBlocks
    )
  }
}
