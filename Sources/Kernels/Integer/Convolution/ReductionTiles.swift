// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The tiles of one block of a product where registers hold elements along the sum, and not
/// channels: on ARM and RISC-V.
///
/// They are `ocelli_reduce_long`'s or, with the instruction SDOT, `ocelli_reduce_short`'s.
struct ReductionTiles {
  let loop: IntegerGEMMLoop
  let block: IntegerGEMMBlock
  /// Where the copy of the input begins.
  let copy: UnsafePointer<PaddedInput.Element>

  func run() {
    let first = block.group * loop.gemm.panelsPerGroup
    for index in block.panels { run(loop.panels + (first + index) * loop.gemm.panelVectors, index) }
  }

  /// All tiles of panel `index` of the group, line by line.
  private func run(_ panel: UnsafePointer<IntegerVector>, _ index: Int) {
    let gemm = loop.gemm
    let channels = gemm.geometry.groupOutputChannels
    let channel = index * gemm.vectors * Machine.vectorFloats
    var output = loop.requantization.stage(
      panel + gemm.vectors, channels: channels - channel, pixelStride: loop.target.columnStride)
    var reduction = gemm.reduction
    var place = block.tiles.lowerBound
    while place < block.tiles.upperBound {
      let (line, number) = place.quotientAndRemainder(dividingBy: gemm.tilesPerLine)
      let tiles = min(gemm.tilesPerLine - number, block.tiles.upperBound - place)
      let pixel = number * gemm.tileRows
      let row = gemm.firstInputRow(pixel: line * gemm.lineLength)
      reduction.window = UnsafePointer(
        OpaquePointer(copy + row * gemm.input.rowElements + pixel * reduction.pixelBytes))
      let target = loop.destination(line: line) + pixel * loop.target.columnStride
      gemm.reduce(
        &reduction, panel, pixels: min(tiles * gemm.tileRows, gemm.lineLength - pixel), &output,
        into: target + block.group * channels + channel)
      place += tiles
    }
  }
}

extension IntegerGEMM {
  /// What a pixel reads, but for where.
  fileprivate var reduction: ocelli_reduction {
    ocelli_reduction(
      window: nil, pixelBytes: geometry.strideWidth * input.channels, runBytes: runSteps * 4,
      runCount: runCount, runsPerRow: runsPerRow,
      columnBytes: geometry.dilationWidth * input.channels,
      rowBytes: geometry.dilationHeight * input.rowElements)
  }

  @inline(__always) fileprivate func reduce(
    _ reduction: inout ocelli_reduction, _ panel: UnsafePointer<IntegerVector>, pixels: Int,
    _ output: inout ocelli_output, into target: UnsafeMutablePointer<Int8>
  ) {
    let bias = UnsafePointer<Int32>(OpaquePointer(panel))
    let weights = UnsafePointer<Int8>(OpaquePointer(panel + IntegerPanel.headerVectors(vectors)))
    if vectors == 2 {
      ocelli_reduce_short(&reduction, weights, bias, pixels, &output, target)
    } else {
      let areWide = panel[panelVectors - 1][0] != 0
      ocelli_reduce_long(&reduction, weights, bias, areWide, pixels, &output, target)
    }
  }
}
