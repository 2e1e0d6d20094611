// SPDX-License-Identifier: Apache-2.0

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
    into target: UnsafeMutablePointer<Float>, _ index: Int,
    _ workspace: UnsafeMutablePointer<Float>
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
    into target: UnsafeMutablePointer<Float>, _ index: Int,
    _ workspace: UnsafeMutablePointer<Float>
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
    let product = MicroKernel(
      depth: tileCount, columns: width, addend: isFirst ? .zero : .existing, activation: nil)
    let panel = input + block.panelIndex * PanelLayout.panelWidth * chunkTiles
    let gradient = gradient + block.outputIndex * chunkTiles
    for index in 0..<Transform.products {
      product.run(
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
    into weightGradient: UnsafeMutablePointer<Float>,
    _ workspace: UnsafeMutablePointer<Float>
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
            base: weightGradient + output * 9 * layout.columns + channel,
            channels: layout.columns, lanes: min(vector, columns.upperBound - channel)))
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
