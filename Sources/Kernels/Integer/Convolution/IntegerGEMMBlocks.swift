// SPDX-License-Identifier: Apache-2.0

/// Tiles and panels that one thread works on at a time.
struct IntegerGEMMBlock {
  let group: Int
  let tiles: Range<Int>
  let panels: Range<Int>
}

/// How a product is cut into blocks, of tiles or of panels. Sums of integers are the same however
/// they are shared out, so each thread gets as much as the others.
struct IntegerGEMMBlocks {
  private let groups: Int
  private let tiles: Int
  private let panels: Int
  /// Tiles that stay together: those of a row, which read the same rows of input.
  private let unitTiles: Int
  private let tileBlocks: Int
  private let panelBlocks: Int

  /// Products that are worth a second thread, and those of the largest block.
  private static var least: Int { 1 << 17 }
  private static var largest: Int { 1 << 24 }
  /// Bytes of weights that a thread reads again and again for one tile after another.
  private static var cachedBytes: Int { 1 << 17 }
  /// What it costs to make a byte of a sum, in products.
  private static var outputCost: Int { 12 * Machine.dotElements }
  /// What it costs to copy one activation, in products.
  private static var copyCost: Int { 8 }

  init(_ gemm: IntegerGEMM) {
    groups = gemm.geometry.groups
    tiles = gemm.lineCount * gemm.tilesPerLine
    panels = gemm.panelsPerGroup
    let isRow = gemm.lineLength == gemm.geometry.outputWidth
    unitTiles = isRow ? gemm.tilesPerLine : 1
    // In 64 bits: on small boards such counts do not fit into an `Int`.
    let width = gemm.vectors * Machine.vectorFloats
    let depth = gemm.runCount * gemm.runSteps * gemm.stepElements + Self.outputCost
    let unitCost = Int64(unitTiles * gemm.tileRows) * Int64(panels * width) * Int64(depth)
    let units = tiles / unitTiles
    let blocks = Self.count(
      work: Int64(units) * unitCost * Int64(groups), threads: gemm.threadCount)
    let blocksPerGroup = (blocks + groups - 1) / groups
    let weightBytes = panels * gemm.panelVectors * MemoryLayout<IntegerVector>.stride
    if weightBytes <= Self.cachedBytes && units > 1 {
      // What two blocks both copy is not to cost more than a 32nd of a block.
      let copied = Int64(gemm.sharedRows) * Int64(gemm.input.rowElements) * Int64(Self.copyCost)
      let most = Int(Int64(units) / max(1, 32 * copied / unitCost))
      tileBlocks = max(1, min(units, max(most, gemm.threadCount), blocksPerGroup))
      panelBlocks = 1
    } else {
      tileBlocks = 1
      panelBlocks = max(1, min(panels, blocksPerGroup))
    }
  }

  /// A multiple of `threads`, or 1.
  private static func count(work: Int64, threads: Int) -> Int {
    work < Int64(least) ? 1 : (Int(work / Int64(largest)) / threads + 1) * threads
  }

  var count: Int { groups * tileBlocks * panelBlocks }

  /// Whether several blocks read the same input.
  var sharesStrips: Bool { panelBlocks > 1 }

  func block(_ index: Int) -> IntegerGEMMBlock {
    let (rest, tile) = index.quotientAndRemainder(dividingBy: tileBlocks)
    let (group, panel) = rest.quotientAndRemainder(dividingBy: panelBlocks)
    return IntegerGEMMBlock(
      group: group, tiles: tiles(ofBlock: tile),
      panels: panel * panels / panelBlocks..<(panel + 1) * panels / panelBlocks)
  }

  private func tiles(ofBlock index: Int) -> Range<Int> {
    let units = tiles / unitTiles
    return index * units / tileBlocks * unitTiles..<(index + 1) * units / tileBlocks * unitTiles
  }

  /// The tiles of each block, of the blocks that differ in tiles.
  var tileRanges: [Range<Int>] { (0..<tileBlocks).map(tiles(ofBlock:)) }
}
