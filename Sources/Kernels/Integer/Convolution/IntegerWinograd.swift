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

  /// Whether a convolution is computed so on such a CPU: not where it takes longer to read the
  /// weights, which are eight times as long, than the products take that are saved.
  static func suits(_ g: ConvolutionGeometry, for layout: PackingLayout) -> Bool {
    guard g.groups == 1, g.kernelHeight == 3, g.kernelWidth == 3, g.strideHeight == 1,
      g.strideWidth == 1, g.dilationHeight == 1, g.dilationWidth == 1
    else { return false }
    // Outputs beyond the last row and column are computed for nothing.
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

  init(_ geometry: ConvolutionGeometry, threadCount: Int = 1, for layout: PackingLayout = .native) {
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
    panelVectors = IntegerPanel.headerVectors(Self.vectors) + Self.points * depth * Self.vectors / 2
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
      IntegerPanelWriter(base: header, vectors: Self.vectors, layout: layout).pack(
        lane: lane, channel: o, parameters, weightSum: 0)
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
        IntegerWinogradTransform.weights(
          taps + (first &+ k), rowStride: parameters.rowStride,
          columnStride: parameters.columnStride, into: chunk + place, stride: stride)
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

extension IntegerWinograd {
  func bound(
    _ source: TensorView<Int8>, _ packed: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into target: TensorView<Int8>,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) -> () -> Void {
    let blocks = blocks
    let bytes = scratchByteCount
    let threads = (0..<pool.threadCount).map { IntegerWinogradScratch(scratch + $0 * bytes, self) }
    let loop = IntegerWinogradLoop(
      winograd: self, source: source, zeroPoint: quantization.inputZeroPoint,
      panels: packed.assumingMemoryBound(to: IntegerVector.self),
      requantization: Requantization(quantization), target: target)
    return {
      pool.forEach(blocks.count) { item, worker in
        let block = blocks.block(item)
        loop.run(block.tiles, block.panels, threads[worker])
      }
    }
  }
}

/// One thread's memory: the outputs of a tile; point by point, the sums of a panel and the
/// transformed input of all tiles; and a patch of input for those at the border.
struct IntegerWinogradScratch {
  let outputs: UnsafeMutablePointer<IntegerVector>
  let sums: UnsafeMutablePointer<IntegerVector>
  let values: UnsafeMutablePointer<Int16>
  let patch: UnsafeMutablePointer<Int8>

  init(_ memory: UnsafeMutableRawPointer, _ winograd: IntegerWinograd) {
    outputs = memory.assumingMemoryBound(to: IntegerVector.self)
    sums = outputs + IntegerWinograd.outputs
    let values = UnsafeMutableRawPointer(sums) + Self.sumBytes(winograd)
    self.values = values.assumingMemoryBound(to: Int16.self)
    patch = (values + Self.valueBytes(winograd)).assumingMemoryBound(to: Int8.self)
  }

  static func byteCount(_ winograd: IntegerWinograd) -> Int {
    let patch = IntegerWinograd.points * winograd.geometry.inputChannels
    return IntegerWinograd.outputs * MemoryLayout<IntegerVector>.stride + sumBytes(winograd)
      + valueBytes(winograd) + (patch + 63) / 64 * 64
  }

  private static func sumBytes(_ winograd: IntegerWinograd) -> Int {
    IntegerWinograd.points * winograd.chunks * winograd.blocks.largest * winograd.width
      * MemoryLayout<Int32>.stride
  }

  private static func valueBytes(_ winograd: IntegerWinograd) -> Int {
    IntegerWinograd.points * winograd.blocks.largest * winograd.depth * MemoryLayout<Int16>.stride
  }
}

/// A Winograd convolution with its operands.
struct IntegerWinogradLoop {
  let winograd: IntegerWinograd
  let source: TensorView<Int8>
  let zeroPoint: Int32
  let panels: UnsafePointer<IntegerVector>
  let requantization: Requantization
  let target: TensorView<Int8>

  func run(_ tiles: Range<Int>, _ panels: Range<Int>, _ scratch: IntegerWinogradScratch) {
    for tile in tiles { transform(tile, tiles, scratch) }
    for index in panels {
      let panel = self.panels + index * winograd.panelVectors
      multiply(
        tiles.count, scratch.values,
        UnsafePointer(OpaquePointer(panel + IntegerPanel.headerVectors(IntegerWinograd.vectors))),
        into: UnsafeMutablePointer(OpaquePointer(scratch.sums)))
      finish(tiles, panel, channel: index * winograd.width, scratch)
    }
  }

  /// The sums of a panel: chunk by chunk of the channels, point by point, tile by tile.
  private func multiply(
    _ count: Int, _ values: UnsafePointer<Int16>, _ weights: UnsafePointer<Int16>,
    into sums: UnsafeMutablePointer<Int32>
  ) {
    let (depth, width) = (winograd.depth, winograd.width)
    var (weights, sums) = (weights, sums)
    for first in stride(from: 0, to: depth, by: winograd.chunkDepth) {
      let chunkDepth = min(winograd.chunkDepth, depth &- first)
      for point in 0..<IntegerWinograd.points {
        ocelli_winograd_product(
          values + point &* count &* depth + first, depth, weights, chunkDepth, count, sums)
        weights += chunkDepth &* width
        sums += count &* width
      }
    }
  }

  /// The image of a tile, and its first row and column of outputs.
  @inline(__always) private func place(_ tile: Int) -> (n: Int, i: Int, j: Int) {
    let (row, column) = tile.quotientAndRemainder(dividingBy: winograd.tileColumns)
    let (n, i) = row.quotientAndRemainder(dividingBy: winograd.tileRows)
    return (n, 4 * i, 4 * column)
  }

  private func transform(_ tile: Int, _ tiles: Range<Int>, _ scratch: IntegerWinogradScratch) {
    let geometry = winograd.geometry
    let (n, i, j) = place(tile)
    let (y, x) = (i - geometry.paddingTop, j - geometry.paddingLeft)
    let values = scratch.values + (tile - tiles.lowerBound) * winograd.depth
    let stride = tiles.count * winograd.depth
    let channels = geometry.inputChannels
    if y >= 0, x >= 0, y + 6 <= geometry.inputHeight, x + 6 <= geometry.inputWidth {
      return IntegerWinogradTransform.input(
        source.pixel(n, y, x), rowStride: source.width * source.pixelStride,
        pixelStride: source.pixelStride, zeroPoint: zeroPoint, channels: channels, into: values,
        stride: stride)
    }
    for a in 0..<6 {
      source.copyRow(
        n, y + a, from: x, count: 6, padding: Int8(truncatingIfNeeded: zeroPoint),
        into: scratch.patch + 6 * a * channels)
    }
    IntegerWinogradTransform.input(
      scratch.patch, rowStride: 6 * channels, pixelStride: channels, zeroPoint: zeroPoint,
      channels: channels, into: values, stride: stride)
  }

  /// The outputs of a panel.
  private func finish(
    _ tiles: Range<Int>, _ panel: UnsafePointer<IntegerVector>, channel: Int,
    _ scratch: IntegerWinogradScratch
  ) {
    let pointStride = tiles.count * IntegerWinograd.vectors
    for vector in 0..<IntegerWinograd.vectors {
      let first = channel + vector * Machine.vectorFloats
      guard first < winograd.geometry.outputChannels else { return }
      for tile in tiles {
        var sums = UnsafePointer(
          scratch.sums + (tile - tiles.lowerBound) * IntegerWinograd.vectors + vector)
        scratch.outputs.update(repeating: panel[vector], count: IntegerWinograd.outputs)
        for _ in 0..<winograd.chunks {
          IntegerWinogradTransform.output(sums, stride: pointStride, into: scratch.outputs)
          sums += IntegerWinograd.points &* pointStride
        }
        write(
          scratch.outputs, tile, channel: first,
          panel + IntegerWinograd.vectors + vector * Requantization.vectorsPerScale)
      }
    }
  }

  /// Writes a tile by the quick rule, and by the exact one where the quick one is not certain.
  @inline(__always) private func write(
    _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>
  ) {
    if Machine.reduces { return writeTile(outputs, tile, channel: channel, scales) }
    let isCertain =
      requantization.isWhole
      ? writeQuickly(ByteClamp.self, outputs, tile, channel: channel, scales)
      : writeQuickly(AnyClamp.self, outputs, tile, channel: channel, scales)
    if !isCertain { writeExactly(outputs, tile, channel: channel, scales) }
  }

  /// - Returns: Whether all is certain.
  @inline(__always) private func writeQuickly<Clamp: OutputClamp>(
    _ clamp: Clamp.Type, _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>
  ) -> Bool {
    var quick = NearestOutput<Clamp>(requantization)
    write(outputs, tile, channel: channel, scales, &quick)
    return !quick.isUncertain
  }

  private func writeTile(
    _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>
  ) {
    let geometry = winograd.geometry
    let (n, i, j) = place(tile)
    var output = requantization.stage(
      scales, channels: geometry.outputChannels - channel, pixelStride: target.pixelStride,
      rowStride: target.width * target.pixelStride)
    ocelli_write_outputs(
      UnsafePointer(OpaquePointer(outputs)), min(4, geometry.outputHeight - i),
      min(4, geometry.outputWidth - j), &output, target.pixel(n, i, j) + channel)
  }

  @inline(never) private func writeExactly(
    _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>
  ) {
    var exact = ExactOutput(requantization: requantization)
    write(outputs, tile, channel: channel, scales, &exact)
  }

  @inline(__always) private func write<Rule: OutputRule>(
    _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>, _ rule: inout Rule
  ) {
    let geometry = winograd.geometry
    let (n, i, j) = place(tile)
    for row in 0..<min(4, geometry.outputHeight - i) {
      let pixel = target.pixel(n, i + row, j) + channel
      for column in 0..<min(4, geometry.outputWidth - j) {
        rule.store(
          outputs[4 &* row &+ column], scales, first: geometry.outputChannels &- channel,
          to: pixel + column &* target.pixelStride)
      }
    }
  }
}
