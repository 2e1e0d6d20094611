// SPDX-License-Identifier: Apache-2.0

/// The gradient of the weights as a matrix product over pixels.
///
///     ∂L/∂w[o,k] = Σ_p ∂L/∂y[p,o] · X[p,k],   k = (tap, input channel), p over all output pixels
///
/// X is the gathered side; ∂L/∂y, which is read where it is, is the plain side. For a transposed
/// convolution the gathered side is ∂L/∂y and the plain side x: there the rows of the result are
/// (tap, channel of y), and its columns the channels of x, so that in both cases the columns lie
/// next to each other in the weights.
///
/// The result is cut into blocks that stay in cache while the pixels pass by. Where there are few
/// of those, the pixels are cut too, by the shape alone, and the partial sums are added in order.
struct WeightGradientGEMM {
  let geometry: ConvolutionGeometry
  let isTransposed: Bool

  /// Pixels that are gathered at a time.
  private static var blockPixels: Int { 192 }
  /// Sides of a block of the result.
  private static var blockRows: Int { 512 }
  private static var blockColumns: Int { 256 }

  private var depth: Int {
    geometry.kernelHeight * geometry.kernelWidth * geometry.groupInputChannels
  }
  /// Rows and columns of the result for one group.
  private var rows: Int { isTransposed ? depth : geometry.groupOutputChannels }
  private var columns: Int { isTransposed ? geometry.groupOutputChannels : depth }

  private var rowBlocks: Int { (rows + Self.blockRows - 1) / Self.blockRows }
  private var columnBlocks: Int { (columns + Self.blockColumns - 1) / Self.blockColumns }
  private var pixelCount: Int { geometry.batch * geometry.outputHeight * geometry.outputWidth }

  /// Parts that the pixels are cut into.
  private var partCount: Int {
    let blocks = geometry.groups * rowBlocks * columnBlocks
    return blocks >= 8 ? 1 : max(1, min(16 / max(1, blocks), pixelCount / (2 * Self.blockPixels)))
  }

  /// Rows of a block with those that the last tile computes besides, and floats from one to the
  /// next.
  private var paddedBlockRows: Int { (min(rows, Self.blockRows) + 11) / 12 * 12 }
  private var paddedBlockColumns: Int {
    let vector = Machine.vectorFloats
    return (min(columns, Self.blockColumns) + vector - 1) / vector * vector
  }
  private var blockCount: Int { paddedBlockRows * paddedBlockColumns }
  private var gatheredRowStride: Int {
    min(depth, isTransposed ? Self.blockRows : Self.blockColumns) + 2 * PixelBlock.slack
  }
  private var gatheredCount: Int { Self.blockPixels * gatheredRowStride + 2 * PixelBlock.slack }

  /// A block of the result for each thread, or for every item where the pixels are cut; and a block
  /// of pixels for each thread.
  func scratchCount(threadCount: Int) -> Int {
    let parts = partCount
    let results = parts == 1 ? threadCount : geometry.groups * rowBlocks * columnBlocks * parts
    return results * blockCount + threadCount * gatheredCount
  }

  /// Overwrites all weights at `gradient`.
  func run(
    gathered: TensorView<Float>, plain: TensorView<Float>,
    into gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    let parts = partCount
    let blocks = geometry.groups * rowBlocks * columnBlocks
    let results = scratch + pool.threadCount * gatheredCount
    let partPixels = (pixelCount + parts - 1) / parts
    pool.forEach(blocks * parts) { item, worker in
      let (block, part) = item.quotientAndRemainder(dividingBy: parts)
      let result = results + (parts == 1 ? worker : item) * blockCount
      let start = part * partPixels
      sum(
        block, gathered: gathered, plain: plain,
        pixels: min(start, pixelCount)..<min(pixelCount, start + partPixels), into: result,
        buffer: scratch + worker * gatheredCount)
      if parts == 1 { combine(block, result, parts: 1, into: gradient) }
    }
    guard parts > 1 else { return }
    pool.forEach(blocks) { block, _ in
      combine(block, results + block * parts * blockCount, parts: parts, into: gradient)
    }
  }

  /// The group of block number `index` of the result, and what the block covers of the group's
  /// part.
  private func place(of index: Int) -> (group: Int, rows: Range<Int>, columns: Range<Int>) {
    let (rest, columnBlock) = index.quotientAndRemainder(dividingBy: columnBlocks)
    let (group, rowBlock) = rest.quotientAndRemainder(dividingBy: rowBlocks)
    let firstRow = rowBlock * Self.blockRows
    let firstColumn = columnBlock * Self.blockColumns
    return (
      group, firstRow..<min(rows, firstRow + Self.blockRows),
      firstColumn..<min(columns, firstColumn + Self.blockColumns)
    )
  }

  /// One block of the result, summed over `pixels`.
  private func sum(
    _ index: Int, gathered: TensorView<Float>, plain: TensorView<Float>, pixels: Range<Int>,
    into result: UnsafeMutablePointer<Float>, buffer: UnsafeMutablePointer<Float>
  ) {
    let (group, rowRange, columnRange) = place(of: index)
    let gatheredRange = isTransposed ? rowRange : columnRange
    let plainChannel =
      group * geometry.groupOutputChannels
      + (isTransposed ? columnRange.lowerBound : rowRange.lowerBound)
    let block = PixelBlock(
      stencil: Stencil(forward: geometry), source: gathered,
      firstChannel: group * geometry.groupInputChannels, channels: geometry.groupInputChannels)
    var start = pixels.lowerBound
    repeat {
      let end = min(pixels.upperBound, start + Self.blockPixels)
      block.gather(
        pixels: start..<end, columns: gatheredRange, into: buffer, rowStride: gatheredRowStride)
      let x = PixelSum.Side(base: buffer, stride: gatheredRowStride)
      let y = PixelSum.Side(base: plain.pixel(start) + plainChannel, stride: plain.pixelStride)
      PixelSum(
        left: isTransposed ? x : y, right: isTransposed ? y : x, pixelCount: end - start,
        target: result, targetStride: paddedBlockColumns, startsFromZero: start == pixels.lowerBound
      ).run(rows: rowRange.count, columns: columnRange.count)
      start = end
    } while start < pixels.upperBound
  }

  /// Adds the parts of a block and puts it where it belongs in the weights.
  private func combine(
    _ index: Int, _ results: UnsafePointer<Float>, parts: Int,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    let (group, rowRange, columnRange) = place(of: index)
    let taps = geometry.kernelHeight * geometry.kernelWidth
    for row in rowRange {
      // A row of a transposed convolution's result is (tap, channel), and its weights are (channel,
      // tap).
      let position =
        isTransposed
        ? row % geometry.inputChannels * taps + row / geometry.inputChannels : group * rows + row
      let target = gradient + position * columns + columnRange.lowerBound
      let first = results + (row - rowRange.lowerBound) * paddedBlockColumns
      VectorLoop.map(first, into: target, count: columnRange.count) { $0 }
      for part in 1..<max(1, parts) {
        VectorLoop.map(
          first + part * blockCount, into: target, count: columnRange.count, accumulate: true
        ) { $0 }
      }
    }
  }
}

/// R[i, j] (+)= Σ_p A[p, i] · B[p, j]: a matrix product whose sum goes over the rows of both
/// factors, that is pixels.
///
/// Up to 11 elements behind each row of A, and less than a vector behind each row of B, are read; R
/// has room for 12 · ⌈rows / 12⌉ rows of whole vectors.
struct PixelSum {
  /// A matrix with a row for each pixel.
  struct Side {
    var base: UnsafePointer<Float>
    var stride: Int
  }

  let left: Side
  let right: Side
  let pixelCount: Int
  let target: UnsafeMutablePointer<Float>
  let targetStride: Int
  /// Whether R is overwritten.
  let startsFromZero: Bool

  func run(rows: Int, columns: Int) {
    var column = 0
    while columns - column > Machine.vectorFloats {
      runTiles(TwoVectorRow.self, rows: rows, column: column)
      column += TwoVectorRow.width
    }
    if column < columns { runTiles(OneVectorRow.self, rows: rows, column: column) }
  }

  @inline(never) private func runTiles<Row: TileRow>(_ row: Row.Type, rows: Int, column: Int) {
    var first = 0
    if Machine.vectorRegisters >= 32 {
      while rows - first > 8 {
        runTile(TilePair<Tile8<Row>, Tile4<Row>>.self, first, column)
        first += 12
      }
      if rows - first > 4 {
        runTile(Tile8<Row>.self, first, column)
        first += 8
      }
    }
    while first < rows {
      runTile(Tile4<Row>.self, first, column)
      first += 4
    }
  }

  @inline(__always) private func runTile<Tile: RegisterTile>(
    _ tile: Tile.Type, _ row: Int, _ column: Int
  ) {
    let target = target + row * targetStride + column
    var tile =
      startsFromZero
      ? Tile(repeating: Tile.Row(repeating: 0)) : Tile(at: target, stride: targetStride)
    var a = left.base + row
    var b = right.base + column
    for _ in 0..<pixelCount {
      tile.add(a, stride: 1, times: Tile.Row(at: b))
      a += left.stride
      b += right.stride
    }
    tile.store(to: target, stride: targetStride)
  }
}
