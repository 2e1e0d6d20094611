// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A convolution as a matrix product that reads its left factor in place.
///
/// In the padded copy of the input, the kw · C activations that kernel row a touches lie next to
/// each other: a window is kh such *runs*, and the next pixel's window begins s · C further. So
/// nothing is gathered. Runs are whole multiples of the elements in a lane, with weights of 0 at
/// their ends; with a dilation each tap is a run, and if the rows of the copy are as long as the
/// kernel's, the window is one run.
struct IntegerGEMM {
  let geometry: ConvolutionGeometry
  let input: PaddedInput
  let threadCount: Int
  /// Registers of output channels in a panel of weights.
  let vectors: Int
  /// Consecutive output pixels that are equally far apart in the copy, and how many such lines.
  let lineLength: Int
  let lineCount: Int
  /// Pixels of a tile, and tiles of a line.
  let tileRows: Int
  let tilesPerLine: Int
  /// Taps of the kernel in a run, runs of a window and of one of the kernel's rows, and steps of a
  /// run: one register of activations and of weights each.
  let runTaps: Int
  let runCount: Int
  let runsPerRow: Int
  let runSteps: Int
  /// Elements of a run that a step takes.
  let stepElements: Int
  let panelsPerGroup: Int
  let panelVectors: Int
  private let layout: PackingLayout

  /// - Parameter isScattered: whether the outputs are not all pixels of a view.
  /// - Parameter layout: the CPU that weights are packed for. Only this one's can run.
  init(
    _ geometry: ConvolutionGeometry, isScattered: Bool = false, threadCount: Int = 1,
    for layout: PackingLayout = .native
  ) {
    self.geometry = geometry
    self.threadCount = threadCount
    self.layout = layout
    input = PaddedInput(geometry)
    let step = geometry.outputWidth * geometry.strideWidth
    if isScattered || geometry.strideHeight * input.width != step {
      lineLength = geometry.outputWidth
      lineCount = geometry.batch * geometry.outputHeight
    } else if geometry.outputHeight * step != input.height * input.width {
      lineLength = geometry.outputWidth * geometry.outputHeight
      lineCount = geometry.batch
    } else {
      lineLength = geometry.outputWidth * geometry.outputHeight * geometry.batch
      lineCount = 1
    }
    let registers = (geometry.groupOutputChannels + layout.lanes - 1) / layout.lanes
    let isWide = registers >= 4 && lineLength <= 6 && layout.registers >= 32
    let tile = layout.reductionTile
    vectors = tile?.vectors ?? (registers == 1 ? 1 : isWide ? 4 : 2)
    let share = lineLength == geometry.outputWidth ? 1 : threadCount
    tileRows =
      tile?.rows ?? IntegerTileHeight.best(for: (lineLength + share - 1) / share, vectors: vectors)
    tilesPerLine = (lineLength + tileRows - 1) / tileRows
    runTaps = Self.runTaps(geometry, copyWidth: input.width)
    runCount = geometry.kernelHeight * geometry.kernelWidth / max(1, runTaps)
    runsPerRow = max(1, runCount / max(1, geometry.kernelHeight))
    let runElements = runTaps * input.channels
    stepElements = tile == nil ? layout.dotElements : 4
    // A reduction reads 8 elements at least.
    runSteps =
      tile == nil ? (runElements + stepElements - 1) / stepElements : (runElements + 7) / 8 * 2
    let width = vectors * layout.lanes
    panelsPerGroup = (geometry.groupOutputChannels + width - 1) / width
    panelVectors =
      IntegerPanel.headerVectors(vectors) + runCount * runSteps * vectors + (tile == nil ? 0 : 1)
  }

  private static func runTaps(_ geometry: ConvolutionGeometry, copyWidth: Int) -> Int {
    guard geometry.dilationWidth == 1 || geometry.kernelWidth == 1 else { return 1 }
    let isWhole = geometry.dilationHeight == 1 && copyWidth == geometry.kernelWidth
    return isWhole ? geometry.kernelHeight * geometry.kernelWidth : geometry.kernelWidth
  }

  var packedByteCount: Int {
    geometry.groups * panelsPerGroup * panelVectors * layout.registerByteCount
  }

  /// Bytes of one thread's `InputStrip`. Whole tiles and steps are read behind the last pixel, too.
  var scratchByteCount: Int {
    let rows = blocks.tileRanges.map { inputRows($0).count }.max() ?? 0
    let slack = tileRows * geometry.strideWidth * input.channels * 2 + 64
    let bytes = rows * input.rowElements * MemoryLayout<PaddedInput.Element>.stride + slack
    return InputStrip.headerBytes + (bytes + 63) / 64 * 64
  }

  var blocks: IntegerGEMMBlocks { IntegerGEMMBlocks(self) }

  /// The first row of the copy that output pixel `pixel` of the batch reads.
  @inline(__always) func firstInputRow(pixel: Int) -> Int {
    let row = pixel / geometry.outputWidth
    let (n, i) = row.quotientAndRemainder(dividingBy: geometry.outputHeight)
    return n * input.height + i * geometry.strideHeight
  }

  /// The rows of the copy that the pixels of `tiles` read.
  func inputRows(_ tiles: Range<Int>) -> Range<Int> {
    let (line, number) = (tiles.upperBound - 1).quotientAndRemainder(dividingBy: tilesPerLine)
    let last = line * lineLength + min(lineLength, (number + 1) * tileRows) - 1
    let (firstLine, firstNumber) = tiles.lowerBound.quotientAndRemainder(dividingBy: tilesPerLine)
    let first = firstLine * lineLength + firstNumber * tileRows
    return firstInputRow(pixel: first)..<firstInputRow(pixel: last) + geometry.windowHeight
  }

  /// Input rows that two neighbouring output rows share.
  var sharedRows: Int { max(0, geometry.windowHeight - geometry.strideHeight) }

  func pack(_ parameters: IntegerParameters, into packed: UnsafeMutableRawPointer) {
    packed.initializeMemory(as: UInt8.self, repeating: 0, count: packedByteCount)
    let base = packed.assumingMemoryBound(to: Int32.self)
    for group in 0..<geometry.groups {
      for o in 0..<geometry.groupOutputChannels {
        let (index, lane) = o.quotientAndRemainder(dividingBy: vectors * layout.lanes)
        let first = (group * panelsPerGroup + index) * panelVectors * layout.lanes
        let panel = IntegerPanelWriter(base: base + first, vectors: vectors, layout: layout)
        pack(lane, of: panel, channel: group * geometry.groupOutputChannels + o, parameters)
      }
    }
  }

  private func pack(
    _ lane: Int, of panel: IntegerPanelWriter, channel o: Int, _ parameters: IntegerParameters
  ) {
    var sum: Int32 = 0
    for tap in 0..<runCount * runTaps {
      let (a, b) = tap.quotientAndRemainder(dividingBy: geometry.kernelWidth)
      let (run, place) = tap.quotientAndRemainder(dividingBy: runTaps)
      guard let weights = parameters.weights(o, a, b) else { continue }
      for c in 0..<input.channels { sum &+= Int32(weights[c]) }
      let first = place * input.channels
      if layout.reductionTile == nil {
        write(weights, of: panel, lane: lane, run: run, element: first)
      } else {
        writeForReduction(weights, of: panel, lane: lane, run: run, element: first)
      }
    }
    panel.pack(lane: lane, channel: o, parameters, weightSum: sum)
  }

  /// Writes the weights of a tap, element `first` of a run and those behind it, to where
  /// `IntegerGEMMTiles` reads them.
  private func write(
    _ weights: UnsafePointer<Int8>, of panel: IntegerPanelWriter, lane: Int, run: Int,
    element first: Int
  ) {
    // A power of two.
    let perLane = layout.dotElements
    let shift = perLane.trailingZeroBitCount
    for c in 0..<input.channels {
      let k = first &+ c
      let step = run &* runSteps &+ k &>> shift
      panel.write(weights[c], register: step &* vectors, lane: lane, place: k & (perLane &- 1))
    }
  }

  /// Writes them to where `ReductionTiles` reads them.
  private func writeForReduction(
    _ weights: UnsafePointer<Int8>, of panel: IntegerPanelWriter, lane: Int, run: Int,
    element first: Int
  ) {
    let width = vectors * layout.lanes
    // A power of two.
    let elements = layout.reductionElements
    let runElements = runSteps * stepElements
    let bytes =
      UnsafeMutableRawPointer(panel.base) + IntegerPanel.headerVectors(vectors)
      * layout.registerByteCount
    var areWide = false
    for c in 0..<input.channels {
      let place = (first &+ c) & (elements &- 1)
      let block = first &+ c &- place
      // The last block of a run may be shorter.
      let count = min(elements, runElements &- block)
      let offset = (run &* runElements &+ block) &* width &+ count &* lane &+ place
      bytes.storeBytes(of: weights[c], toByteOffset: offset, as: Int8.self)
      areWide = areWide || weights[c] == .min
    }
    guard areWide else { return }
    let flag = (panelVectors - 1) * layout.registerByteCount
    UnsafeMutableRawPointer(panel.base).storeBytes(of: 1, toByteOffset: flag, as: Int32.self)
  }
}

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
      gemm: self, source: source, zeroPoint: quantization.inputZeroPoint,
      panels: packed.assumingMemoryBound(to: IntegerVector.self),
      requantization: Requantization(quantization), target: target)
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

  /// Whether the copy is that of `group`: blocks that share a copy differ in nothing else.
  func holds(_ group: Int) -> Bool { self.group.pointee == group }
  func keep(_ group: Int) { self.group.pointee = group }
  func forget() { group.pointee = -1 }
}

/// A product with its operands.
struct IntegerGEMMLoop {
  let gemm: IntegerGEMM
  let source: TensorView<Int8>
  let zeroPoint: Int32
  let panels: UnsafePointer<IntegerVector>
  let requantization: Requantization
  let target: OutputLattice

  func run(_ block: IntegerGEMMBlock, _ strip: InputStrip, isShared: Bool) {
    let rows = gemm.inputRows(block.tiles)
    if !isShared || !strip.holds(block.group) {
      gemm.input.fill(
        rows, group: block.group, from: source, zeroPoint: zeroPoint, into: strip.elements)
      strip.keep(block.group)
    }
    // Where the copy of the whole group would begin.
    run(block, UnsafePointer(strip.elements) - rows.lowerBound * gemm.input.rowElements)
  }

  private func run(_ block: IntegerGEMMBlock, _ copy: UnsafePointer<PaddedInput.Element>) {
    if Machine.reduces { return ReductionTiles(loop: self, block: block, copy: copy).run() }
    switch gemm.vectors {
    case 1: specialize(SpreadRow.self, block, copy)
    case 2: specialize(SpreadRow2.self, block, copy)
    default: specialize(SpreadRow4.self, block, copy)
    }
  }

  @inline(__always) private func specialize<Row: IntegerRow>(
    _ row: Row.Type, _ block: IntegerGEMMBlock, _ copy: UnsafePointer<PaddedInput.Element>
  ) {
    IntegerTileHeight.specialize(
      gemm.tileRows, IntegerGEMMTiles<Row>(loop: self, block: block, copy: copy))
  }

  /// Where the first pixel of `line` is written.
  @inline(__always) func destination(line: Int) -> UnsafeMutablePointer<Int8> {
    guard gemm.lineLength == gemm.geometry.outputWidth else {
      return target.base + line * target.imageStride
    }
    let (n, i) = line.quotientAndRemainder(dividingBy: gemm.geometry.outputHeight)
    return target.base + n * target.imageStride + i * target.rowStride
  }
}

/// The tiles of one block.
private struct IntegerGEMMTiles<Row: IntegerRow>: IntegerTileBody {
  let loop: IntegerGEMMLoop
  let block: IntegerGEMMBlock
  let copy: UnsafePointer<PaddedInput.Element>

  @inline(never) func run<Tile: IntegerTile>(_ tile: Tile.Type) where Tile.Row == Row {
    let gemm = loop.gemm
    let width = Row.vectors * Machine.vectorFloats
    let pixelElements = gemm.geometry.strideWidth * gemm.input.channels
    let tilesPerLine = gemm.tilesPerLine
    for index in block.panels {
      let panel = loop.panels + (block.group * gemm.panelsPerGroup + index) * gemm.panelVectors
      let channel = block.group * gemm.geometry.groupOutputChannels + index * width
      let channels = min(width, gemm.geometry.groupOutputChannels - index * width)
      for place in block.tiles {
        let (line, number) = place.quotientAndRemainder(dividingBy: tilesPerLine)
        let first = number * Tile.rows
        let row = gemm.firstInputRow(pixel: line * gemm.lineLength)
        let sums = sum(
          tile, copy + row * gemm.input.rowElements + first * pixelElements, panel,
          stride: pixelElements * MemoryLayout<PaddedInput.Element>.stride)
        sums.store(
          panel + Row.vectors, loop.requantization, rows: gemm.lineLength - first,
          channels: channels,
          to: loop.destination(line: line) + first * loop.target.columnStride + channel,
          stride: loop.target.columnStride)
      }
    }
  }

  @inline(__always) private func sum<Tile: IntegerTile>(
    _ tile: Tile.Type, _ window: UnsafePointer<PaddedInput.Element>,
    _ panel: UnsafePointer<IntegerVector>, stride: Int
  ) -> Tile where Tile.Row == Row {
    let gemm = loop.gemm
    let geometry = gemm.geometry
    let elementBytes = MemoryLayout<PaddedInput.Element>.stride
    let rowBytes = geometry.dilationHeight &* gemm.input.rowElements &* elementBytes
    let columnBytes = geometry.dilationWidth &* gemm.input.channels &* elementBytes
    var tile = Tile(repeating: Row(at: panel))
    var weights = panel + IntegerPanel.headerVectors(Row.vectors)
    var runsLeft = gemm.runCount
    var row = UnsafeRawPointer(window)
    while runsLeft > 0 {
      var run = row
      for _ in 0..<gemm.runsPerRow {
        var activations = run
        for _ in 0..<gemm.runSteps {
          tile.add(activations, stride: stride, times: Row(at: weights))
          activations += 4
          weights += Row.vectors
        }
        run += columnBytes
      }
      runsLeft &-= gemm.runsPerRow
      row += rowBytes
    }
    return tile
  }
}
