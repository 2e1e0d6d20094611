// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

extension IntegerGEMM {
  func bound(
    _ source: TensorView<Int8>, _ packed: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into target: OutputLattice,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) -> () -> Void {
    let blocks = blocks
    let stripBytes = scratchByteCount
    let strips = (0..<pool.threadCount).map { scratch + $0 * stripBytes }
    let loop = IntegerGEMMLoop(
      product: self, source: source, zeroPoint: quantization.inputZeroPoint,
      panels: packed.assumingMemoryBound(to: IntegerVector.self),
      range: Requantization(quantization), target: target)
    return {
      if blocks.sharesStrips { for strip in strips { InputStrip(strip).forget() } }
      pool.forEach(blocks.count) { item, worker in
        loop.run(blocks.block(item), InputStrip(strips[worker]), isShared: blocks.sharesStrips)
      }
    }
  }
}

/// One thread's part of the padded copy: the rows that a block reads.
///
/// Each thread makes its own, of input that it mostly wrote itself: that is quicker than to fetch
/// what another one has copied.
struct InputStrip {
  private let group: UnsafeMutablePointer<Int>
  let elements: UnsafeMutablePointer<PaddedInput.Element>

  static let headerBytes = 64

  init(_ memory: UnsafeMutableRawPointer) {
    group = memory.assumingMemoryBound(to: Int.self)
    elements = (memory + Self.headerBytes).assumingMemoryBound(to: PaddedInput.Element.self)
  }

  /// Of which group the copy is; meant for blocks that differ in nothing else.
  func holds(_ group: Int) -> Bool { self.group.pointee == group }
  func keep(_ group: Int) { self.group.pointee = group }
  func forget() { group.pointee = -1 }
}

/// A product with its operands.
struct IntegerGEMMLoop {
  let product: IntegerGEMM
  let source: TensorView<Int8>
  let zeroPoint: Int32
  let panels: UnsafePointer<IntegerVector>
  let range: Requantization
  let target: OutputLattice

  func run(_ block: IntegerGEMMBlock, _ strip: InputStrip, isShared: Bool) {
    let rows = product.inputRows(block.tiles)
    if !isShared || !strip.holds(block.group) {
      product.input.fill(
        rows, group: block.group, from: source, zeroPoint: zeroPoint, into: strip.elements)
      strip.keep(block.group)
    }
    // Where the copy of the whole group would begin.
    run(block, UnsafePointer(strip.elements) - rows.lowerBound * product.input.rowElements)
  }

  private func run(_ block: IntegerGEMMBlock, _ copy: UnsafePointer<PaddedInput.Element>) {
    if Machine.reduces { return ReductionTiles(loop: self, block: block, copy: copy).run() }
    switch product.vectors {
    case 1: specialize(SpreadRow.self, block, copy)
    case 2: specialize(SpreadRow2.self, block, copy)
    default: specialize(SpreadRow4.self, block, copy)
    }
  }

  @inline(__always) private func specialize<Row: IntegerRow>(
    _ row: Row.Type, _ block: IntegerGEMMBlock, _ copy: UnsafePointer<PaddedInput.Element>
  ) {
    IntegerTileHeight.specialize(
      product.tileRows, IntegerGEMMTiles<Row>(loop: self, block: block, copy: copy))
  }

  /// Where the first pixel of `line` is written.
  @inline(__always) func destination(line: Int) -> UnsafeMutablePointer<Int8> {
    guard product.lineLength == product.geometry.outputWidth else {
      return target.base + line * target.imageStride
    }
    let (n, i) = line.quotientAndRemainder(dividingBy: product.geometry.outputHeight)
    return target.base + n * target.imageStride + i * target.rowStride
  }
}

/// The tiles of one block.
private struct IntegerGEMMTiles<Row: IntegerRow>: IntegerTileBody {
  let loop: IntegerGEMMLoop
  let block: IntegerGEMMBlock
  let copy: UnsafePointer<PaddedInput.Element>

  @inline(never) func run<Tile: IntegerTile>(_ tile: Tile.Type) where Tile.Row == Row {
    let product = loop.product
    let width = Row.vectors * Machine.vectorFloats
    let pixelElements = product.geometry.strideWidth * product.input.channels
    let tilesPerLine = product.tilesPerLine
    for index in block.panels {
      let panel =
        loop.panels + (block.group * product.panelsPerGroup + index) * product.panelVectors
      let channel = block.group * product.geometry.groupOutputChannels + index * width
      let channels = min(width, product.geometry.groupOutputChannels - index * width)
      for place in block.tiles {
        let (line, number) = place.quotientAndRemainder(dividingBy: tilesPerLine)
        let first = number * Tile.rows
        let row = product.firstInputRow(pixel: line * product.lineLength)
        let sums = sum(
          tile, copy + row * product.input.rowElements + first * pixelElements, panel,
          stride: pixelElements * MemoryLayout<PaddedInput.Element>.stride)
        sums.store(
          panel + Row.vectors, loop.range, rows: product.lineLength - first, channels: channels,
          to: loop.destination(line: line) + first * loop.target.columnStride + channel,
          stride: loop.target.columnStride)
      }
    }
  }

  @inline(__always) private func sum<Tile: IntegerTile>(
    _ tile: Tile.Type, _ window: UnsafePointer<PaddedInput.Element>,
    _ panel: UnsafePointer<IntegerVector>, stride: Int
  ) -> Tile where Tile.Row == Row {
    let product = loop.product
    let geometry = product.geometry
    let elementBytes = MemoryLayout<PaddedInput.Element>.stride
    let rowBytes = geometry.dilationHeight &* product.input.rowElements &* elementBytes
    let columnBytes = geometry.dilationWidth &* product.input.channels &* elementBytes
    var tile = Tile(repeating: Row(at: panel))
    var weights = panel + IntegerPanel.headerVectors(Row.vectors)
    var runsLeft = product.runCount
    var row = UnsafeRawPointer(window)
    while runsLeft > 0 {
      var run = row
      for _ in 0..<product.runsPerRow {
        var activations = run
        for _ in 0..<product.runSteps {
          tile.add(activations, stride: stride, times: Row(at: weights))
          activations += 4
          weights += Row.vectors
        }
        run += columnBytes
      }
      runsLeft &-= product.runsPerRow
      row += rowBytes
    }
    return tile
  }
}
