// SPDX-License-Identifier: Apache-2.0

/// ∂L/∂w = Gᵀ [Σ_tiles (A g Aᵀ) ⊙ (Bᵀ d B)] G: the adjoint of the forward pass, g being the
/// output's gradient.
///
/// For each of the n² products this is a multiplication of matrices whose inner dimension is the
/// tiles, W = A g Aᵀ by V = Bᵀ d B. Where there are many channels, W of all tiles is computed
/// first; then each thread takes panels of input channels, computes their V and completes their
/// blocks of output channels. Where there are many tiles, they are cut into slices: a thread takes
/// a slice through both transforms in its own cache and keeps all sums, and those of the slices are
/// added in order. So threads read little of what others wrote, which would be slow.
struct WinogradWeightGradient<Transform: WinogradTransform> {
  let geometry: ConvolutionGeometry
  let tiles: WinogradTiles
  let layout: PanelLayout
  /// Slices of tiles that have sums of their own; 0 where W of all tiles is computed first.
  let sliceCount: Int
  /// Tiles whose V and W are in memory at one time.
  let chunkTiles: Int
  /// Panels of input channels that are computed at one time.
  let groupPanels: Int
  /// Output channels that are computed at one time.
  let groupOutputs: Int

  /// Output channels of a block.
  var blockOutputs: Int { 32 }

  init(_ geometry: ConvolutionGeometry) {
    self.geometry = geometry
    tiles = WinogradTiles(
      size: Transform.outputs, batch: geometry.batch, height: geometry.outputHeight,
      width: geometry.outputWidth)
    layout = PanelLayout(depth: 1, columns: geometry.inputChannels)
    let panelFloats = Transform.products * PanelLayout.panelWidth
    let outputs = (geometry.outputChannels + 31) / 32 * 32
    let memory = 4_400_000
    let fitting = memory / 2 / max(1, Transform.products * tiles.count) / 32 * 32
    if fitting >= min(64, outputs), layout.columns * outputs > 40_000 {
      sliceCount = 0
      chunkTiles = tiles.count
      groupPanels = 1
      groupOutputs = min(outputs, fitting)
    } else {
      groupPanels = min(layout.panelCount, max(1, memory / (panelFloats * outputs)))
      groupOutputs = outputs
      let sumFloats = panelFloats * groupPanels * outputs
      let channels = groupPanels * PanelLayout.panelWidth + outputs
      chunkTiles = min(tiles.count, max(32, 250_000 / (Transform.products * channels)))
      sliceCount = max(1, min(8, memory / max(1, sumFloats), tiles.count / max(1, chunkTiles)))
    }
  }

  var vector: Int { Machine.vectorFloats }
  /// Floats between the products of V, of W, and of a block's sums; the odd vector keeps them out
  /// of each other's cache sets.
  var inputStride: Int { chunkTiles * groupPanels * PanelLayout.panelWidth + vector }
  var gradientStride: Int { chunkTiles * groupOutputs + vector }
  var blockStride: Int { blockOutputs * PanelLayout.panelWidth + vector }
  /// Floats of a block's sums.
  var blockCount: Int { Transform.products * blockStride }
  /// Floats of the sums of a slice.
  var sliceFloats: Int { groupPanels * (groupOutputs / blockOutputs) * blockCount }
  var inputCount: Int { Transform.products * inputStride }
  var gradientCount: Int { Transform.products * gradientStride }

  func scratchCount(threadCount: Int) -> Int {
    let (shared, worker) =
      sliceCount == 0
      ? (gradientCount, inputCount + blockCount)
      : (sliceCount * sliceFloats, inputCount + gradientCount)
    return shared + threadCount * (worker + Transform.workspaceCount) + vector
  }

  /// Computes all of `weightGradient`.
  func run(
    input: TensorView<Float>, outputGradient: TensorView<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    let scratch = scratch.alignedToVector
    if sliceCount == 0 {
      for first in stride(from: 0, to: geometry.outputChannels, by: groupOutputs) {
        let outputs = first..<min(geometry.outputChannels, first + groupOutputs)
        runPanels(input, outputGradient, outputs, into: weightGradient, scratch, pool)
      }
    } else {
      for first in stride(from: 0, to: layout.panelCount, by: groupPanels) {
        let panels = first..<min(layout.panelCount, first + groupPanels)
        runSlices(input, outputGradient, panels, into: weightGradient, scratch, pool)
      }
    }
  }

  /// W of all tiles for `outputs`, then panel after panel.
  private func runPanels(
    _ input: TensorView<Float>, _ outputGradient: TensorView<Float>, _ outputs: Range<Int>,
    into weightGradient: UnsafeMutablePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
  ) {
    let workers = gradient + gradientCount
    let workerCount = inputCount + blockCount + Transform.workspaceCount
    pool.forEachRange(of: tiles.count, grain: 4) { range, worker in
      let workspace = workers + worker * workerCount
      for tile in range {
        transformGradient(outputGradient, tile, outputs, into: gradient, tile, workspace)
      }
    }
    pool.forEach(layout.panelCount) { panel, worker in
      let panels = panel..<panel + 1
      let v = workers + worker * workerCount
      let sums = v + inputCount
      let workspace = sums + blockCount
      for tile in 0..<tiles.count { transformInput(input, tile, panels, into: v, tile, workspace) }
      let blocks = blocks(panels, outputs)
      for item in 0..<blocks.count {
        add(blocks[item], tileCount: tiles.count, isFirst: true, v, gradient, to: sums)
        epilogue(blocks[item], sums, into: weightGradient, workspace)
      }
    }
  }

  /// All sums of each slice, chunk by chunk of its tiles, then the sums of all slices.
  private func runSlices(
    _ input: TensorView<Float>, _ outputGradient: TensorView<Float>, _ panels: Range<Int>,
    into weightGradient: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
  ) {
    let workers = sums + sliceCount * sliceFloats
    let workerCount = inputCount + gradientCount + Transform.workspaceCount
    let outputs = 0..<geometry.outputChannels
    let blocks = blocks(panels, outputs)
    pool.forEach(sliceCount) { slice, worker in
      let v = workers + worker * workerCount
      let gradient = v + inputCount
      let workspace = gradient + gradientCount
      let end = (slice + 1) * tiles.count / sliceCount
      let start = slice * tiles.count / sliceCount
      for first in stride(from: start, to: end, by: chunkTiles) {
        let chunk = first..<min(end, first + chunkTiles)
        for tile in chunk {
          transformInput(input, tile, panels, into: v, tile - first, workspace)
          transformGradient(outputGradient, tile, outputs, into: gradient, tile - first, workspace)
        }
        for item in 0..<blocks.count {
          add(
            blocks[item], tileCount: chunk.count, isFirst: first == start, v, gradient,
            to: sums + (slice * sliceFloats + item * blockCount))
        }
      }
    }
    pool.forEach(blocks.count) { item, worker in
      let total = sums + item * blockCount
      for slice in 1..<max(1, sliceCount) {
        let other = total + slice * sliceFloats
        for i in stride(from: 0, to: blockCount, by: vector) {
          (Vector(at: total + i) + Vector(at: other + i)).store(to: total + i)
        }
      }
      epilogue(blocks[item], total, into: weightGradient, workers + worker * workerCount)
    }
  }

  private func blocks(_ panels: Range<Int>, _ outputs: Range<Int>) -> WinogradWeightBlocks {
    WinogradWeightBlocks(panels: panels, outputs: outputs, blockOutputs: blockOutputs)
  }
}

/// Blocks of output channels by one panel of input channels.
struct WinogradWeightBlocks {
  let panels: Range<Int>
  let outputs: Range<Int>
  let blockOutputs: Int

  struct Block {
    let panel: Int
    /// The panel's number among those computed at one time.
    let panelIndex: Int
    let outputs: Range<Int>
    /// The first output's number among those computed at one time.
    let outputIndex: Int
  }

  var count: Int { (outputs.count + blockOutputs - 1) / blockOutputs * panels.count }

  subscript(item: Int) -> Block {
    let (row, column) = item.quotientAndRemainder(dividingBy: panels.count)
    let first = outputs.lowerBound + row * blockOutputs
    return Block(
      panel: panels.lowerBound + column, panelIndex: column,
      outputs: first..<min(outputs.upperBound, first + blockOutputs),
      outputIndex: row * blockOutputs)
  }
}

extension WinogradWeightGradient {
  /// V of one tile for the channels of `panels`: in each product and panel, one row.
  func transformInput(
    _ input: TensorView<Float>, _ tile: Int, _ panels: Range<Int>,
    into target: UnsafeMutablePointer<Float>, _ index: Int, _ workspace: UnsafeMutablePointer<Float>
  ) {
    let (n, y, x) = tiles.origin(of: tile)
    for panel in panels {
      let columns = layout.columns(ofPanel: panel)
      let width = layout.width(ofPanel: panel)
      let row =
        target + (panel - panels.lowerBound) * PanelLayout.panelWidth * chunkTiles + index * width
      for channel in stride(from: columns.lowerBound, to: columns.upperBound, by: vector) {
        Transform.transformInput(
          input, n, y - geometry.paddingTop, x - geometry.paddingLeft, channel: channel,
          into: row + (channel - columns.lowerBound), stride: inputStride, workspace: workspace)
      }
    }
  }

  /// W of one tile for the channels `outputs`: in each product and block of channels, one row.
  func transformGradient(
    _ gradient: TensorView<Float>, _ tile: Int, _ outputs: Range<Int>,
    into target: UnsafeMutablePointer<Float>, _ index: Int, _ workspace: UnsafeMutablePointer<Float>
  ) {
    let (n, y, x) = tiles.origin(of: tile)
    for channel in stride(from: outputs.lowerBound, to: outputs.upperBound, by: vector) {
      let (block, column) = (channel - outputs.lowerBound).quotientAndRemainder(
        dividingBy: blockOutputs)
      Transform.transformOutputGradient(
        gradient, n, y, x, channel: channel,
        into: target + ((block * chunkTiles + index) * blockOutputs + column),
        stride: gradientStride, workspace: workspace)
    }
  }

  /// The n² sums of `block` over the tiles in memory: written, or added to those there.
  func add(
    _ block: WinogradWeightBlocks.Block, tileCount: Int, isFirst: Bool,
    _ input: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
    to sums: UnsafeMutablePointer<Float>
  ) {
    let width = layout.width(ofPanel: block.panel)
    let microKernel = MicroKernel(
      depth: tileCount, columns: width, addend: isFirst ? .zero : .existing, activation: nil)
    let panel = input + block.panelIndex * PanelLayout.panelWidth * chunkTiles
    let gradient = gradient + block.outputIndex * chunkTiles
    for index in 0..<Transform.products {
      microKernel.run(
        width: width,
        MatrixMultiply.LeftFactor(
          gradient + index * gradientStride, rowStride: 1, columnStride: blockOutputs),
        rows: block.outputs.count, panel + index * inputStride, into: sums + index * blockStride,
        rowStride: width)
    }
  }

  /// Gᵀ S G, written to the weights' gradient.
  func epilogue(
    _ block: WinogradWeightBlocks.Block, _ sums: UnsafePointer<Float>,
    into weightGradient: UnsafeMutablePointer<Float>, _ workspace: UnsafeMutablePointer<Float>
  ) {
    let columns = layout.columns(ofPanel: block.panel)
    let width = layout.width(ofPanel: block.panel)
    for output in block.outputs {
      let row = sums + (output - block.outputs.lowerBound) * width
      for channel in stride(from: columns.lowerBound, to: columns.upperBound, by: vector) {
        Transform.WeightGradient.multiplyBothSides(
          row + (channel - columns.lowerBound), rowStride: Transform.points * blockStride,
          columnStride: blockStride, workspace: workspace,
          into: TapSink(
            base: weightGradient + output * 9 * layout.columns + channel, channels: layout.columns,
            lanes: min(vector, columns.upperBound - channel)))
      }
    }
  }
}

/// The nine taps of one output channel's OHWI weights, for the first `lanes` channels of a vector.
private struct TapSink: VectorMatrixSink {
  let base: UnsafeMutablePointer<Float>
  let channels: Int
  let lanes: Int

  @inline(__always) func put(_ row: Int, _ column: Int, _ value: Vector) {
    let tap = base + (row * 3 + column) * channels
    if lanes == Machine.vectorFloats {
      value.store(to: tap)
    } else {
      value.store(first: lanes, to: tap)
    }
  }
}
