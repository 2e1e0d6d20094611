// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

extension IntegerProduct {
  func bound(
    _ source: TensorView<Int8>, _ prepared: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into target: OutputLattice,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) -> () -> Void {
    let copy = scratch.assumingMemoryBound(to: PaddedInput.Element.self)
    let loop = IntegerProductLoop(
      product: self, copy: copy, panels: prepared.assumingMemoryBound(to: IntegerVector.self),
      range: OutputRange(quantization), target: target)
    let blocks = loop.blocks
    let (input, zeroPoint) = (input, quantization.inputZeroPoint)
    return {
      input.fill(from: source, zeroPoint: zeroPoint, into: copy, pool: pool)
      pool.forEach(blocks.count) { item, _ in loop.run(blocks.block(item)) }
    }
  }
}

/// Tiles and panels that one thread works on at a time.
struct IntegerProductBlock {
  let group: Int
  let tiles: Range<Int>
  let panels: Range<Int>
}

/// How a product is cut into blocks: by shape alone.
struct IntegerProductBlocks {
  let groups: Int
  let tiles: Int
  let panels: Int
  let tileGrain: Int
  let panelGrain: Int
  private let tileBlocks: Int
  private let panelBlocks: Int

  /// Blocks of about `target` steps of a tile and a panel with `cost` steps.
  init(groups: Int, tiles: Int, panels: Int, cost: Int, panelBytes: Int) {
    self.groups = groups
    self.tiles = tiles
    self.panels = panels
    let target = 1 << 18
    if panels * panelBytes <= 1 << 17 && tiles * panels * cost > target && tiles > 1 {
      panelGrain = panels
      tileGrain = min(tiles, max(1, target / (panels * cost)))
    } else {
      tileGrain = tiles
      panelGrain = min(panels, max(1, target / (tiles * cost)))
    }
    tileBlocks = (tiles + tileGrain - 1) / tileGrain
    panelBlocks = (panels + panelGrain - 1) / panelGrain
  }

  var count: Int { groups * tileBlocks * panelBlocks }

  func block(_ index: Int) -> IntegerProductBlock {
    let (rest, tile) = index.quotientAndRemainder(dividingBy: tileBlocks)
    let (group, panel) = rest.quotientAndRemainder(dividingBy: panelBlocks)
    return IntegerProductBlock(
      group: group, tiles: tile * tileGrain..<min(tiles, (tile + 1) * tileGrain),
      panels: panel * panelGrain..<min(panels, (panel + 1) * panelGrain))
  }
}

/// A product with its operands.
struct IntegerProductLoop {
  let product: IntegerProduct
  let copy: UnsafePointer<PaddedInput.Element>
  let panels: UnsafePointer<IntegerVector>
  let range: OutputRange
  let target: OutputLattice
  let tilesPerLine: Int

  init(
    product: IntegerProduct, copy: UnsafePointer<PaddedInput.Element>,
    panels: UnsafePointer<IntegerVector>, range: OutputRange, target: OutputLattice
  ) {
    self.product = product
    self.copy = copy
    self.panels = panels
    self.range = range
    self.target = target
    tilesPerLine = (product.lineLength + product.tileRows - 1) / product.tileRows
  }

  /// Products that take as long as one output's way from its sum to its byte.
  private static var outputCost: Int { 12 * Machine.dotElements }

  var blocks: IntegerProductBlocks {
    let width = product.vectors * Machine.vectorFloats
    return IntegerProductBlocks(
      groups: product.geometry.groups, tiles: product.lineCount * tilesPerLine,
      panels: product.panelsPerGroup,
      cost: product.tileRows * width
        * (product.runCount * product.runSteps * Machine.dotElements + Self.outputCost),
      panelBytes: product.panelVectors * MemoryLayout<IntegerVector>.stride)
  }

  func run(_ block: IntegerProductBlock) {
    switch product.vectors {
    case 1: specialize(SpreadRow.self, block)
    case 2: specialize(SpreadRow2.self, block)
    default: specialize(SpreadRow4.self, block)
    }
  }

  @inline(__always)
  private func specialize<Row: IntegerRow>(_ row: Row.Type, _ block: IntegerProductBlock) {
    IntegerTileHeight.specialize(
      product.tileRows, IntegerProductTiles<Row>(loop: self, block: block))
  }

  /// Where the window of the first pixel of `line` begins in the copy.
  @inline(__always) func source(line: Int, group: Int) -> UnsafePointer<PaddedInput.Element> {
    let first = copy + group * product.input.groupElements
    // Lines are rows, images or all there is.
    guard product.lineLength == product.geometry.outputWidth else {
      return first + line * product.input.imageElements
    }
    let (n, i) = line.quotientAndRemainder(dividingBy: product.geometry.outputHeight)
    return first + n * product.input.imageElements
      + i * product.geometry.strideHeight * product.input.rowElements
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
private struct IntegerProductTiles<Row: IntegerRow>: IntegerTileBody {
  let loop: IntegerProductLoop
  let block: IntegerProductBlock

  @inline(never) func run<Tile: IntegerTile>(_ tile: Tile.Type) where Tile.Row == Row {
    let product = loop.product
    let width = Row.vectors * Machine.vectorFloats
    let pixelElements = product.geometry.strideWidth * product.input.channels
    let tilesPerLine = loop.tilesPerLine
    for index in block.panels {
      let panel =
        loop.panels + (block.group * product.panelsPerGroup + index) * product.panelVectors
      let channel = block.group * product.geometry.groupOutputChannels + index * width
      let channels = min(width, product.geometry.groupOutputChannels - index * width)
      for place in block.tiles {
        let (line, number) = place.quotientAndRemainder(dividingBy: tilesPerLine)
        let first = number * Tile.rows
        let sums = sum(
          tile, loop.source(line: line, group: block.group) + first * pixelElements, panel,
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
