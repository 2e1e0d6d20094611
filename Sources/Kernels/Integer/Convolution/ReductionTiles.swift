// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// The tiles of one block of a product where registers hold elements along the sum, and not
/// channels: on ARM and RISC-V.
///
/// A tile's sums come from `ocelli_reduce_long` or, with the instruction SDOT, from
/// `ocelli_reduce_short`; their way to the output is that of all tiles.
struct ReductionTiles {
  let loop: IntegerProductLoop
  let block: IntegerProductBlock
  /// Where the copy of the input begins.
  let copy: UnsafePointer<PaddedInput.Element>

  func run() {
    let product = loop.product
    let registers = product.tileRows * product.vectors
    withUnsafeTemporaryAllocation(of: IntegerVector.self, capacity: registers) { sums in
      guard let sums = sums.baseAddress else { return }
      let first = block.group * product.panelsPerGroup
      for index in block.panels {
        run(loop.panels + (first + index) * product.panelVectors, index, sums)
      }
    }
  }

  /// All tiles of panel `index` of the group.
  private func run(
    _ panel: UnsafePointer<IntegerVector>, _ index: Int, _ sums: UnsafeMutablePointer<IntegerVector>
  ) {
    let product = loop.product
    let (vectors, tileRows, lineLength) = (product.vectors, product.tileRows, product.lineLength)
    let width = vectors * Machine.vectorFloats
    let channel = index * width
    let output = Output(
      scales: panel + vectors, range: loop.range, vectors: vectors,
      channels: min(width, product.geometry.groupOutputChannels - channel),
      stride: loop.target.columnStride)
    let firstChannel = block.group * product.geometry.groupOutputChannels + channel
    let sum = Sum(product, panel)
    let pixelBytes = sum.reduction.pixelBytes
    for place in block.tiles {
      let (line, number) = place.quotientAndRemainder(dividingBy: product.tilesPerLine)
      let row = product.firstInputRow(pixel: line * lineLength)
      let source = UnsafePointer<Int8>(OpaquePointer(copy + row * product.input.rowElements))
      let target = loop.destination(line: line) + firstChannel
      var pixel = number &* tileRows
      let end = min(lineLength, pixel &+ tileRows)
      while pixel < end {
        let left = end &- pixel
        let rows = Self.rows(for: left, largest: tileRows)
        sum.compute(source + pixel &* pixelBytes, rows: rows, into: sums)
        output.write(sums, rows: min(rows, left), to: target + pixel &* output.stride)
        pixel &+= rows
      }
    }
  }

  /// The height with which to begin so many pixels: a height that is nearly used up costs less than
  /// two smaller ones.
  @inline(__always) private static func rows(for count: Int, largest: Int) -> Int {
    count >= 7 && largest == 8 ? 8 : count >= 3 ? 4 : count
  }
}

/// The sums of a panel.
private struct Sum {
  let reduction: ocelli_reduction
  private let weights: UnsafePointer<Int8>
  private let bias: UnsafePointer<Int32>
  private let isShort: Bool
  private let areWide: Bool

  init(_ product: IntegerProduct, _ panel: UnsafePointer<IntegerVector>) {
    let geometry = product.geometry
    let channels = product.input.channels
    reduction = ocelli_reduction(
      window: nil, pixelBytes: geometry.strideWidth * channels, runBytes: product.runSteps * 4,
      runCount: product.runCount, runsPerRow: product.runsPerRow,
      columnBytes: geometry.dilationWidth * channels,
      rowBytes: geometry.dilationHeight * product.input.rowElements)
    weights = UnsafePointer(OpaquePointer(panel + IntegerPanel.headerVectors(product.vectors)))
    bias = UnsafePointer(OpaquePointer(panel))
    isShort = product.vectors == 2
    areWide = panel[product.panelVectors - 1][0] != 0
  }

  @inline(__always) func compute(
    _ window: UnsafePointer<Int8>, rows: Int, into sums: UnsafeMutablePointer<IntegerVector>
  ) {
    var reduction = reduction
    reduction.window = window
    let sums = UnsafeMutablePointer<Int32>(OpaquePointer(sums))
    if isShort {
      ocelli_reduce_short(&reduction, weights, bias, Int32(truncatingIfNeeded: rows), sums)
    } else {
      ocelli_reduce_long(
        &reduction, weights, bias, Int32(truncatingIfNeeded: rows), areWide, sums)
    }
  }
}

/// What the sums of a panel become.
private struct Output {
  let scales: UnsafePointer<IntegerVector>
  let range: OutputRange
  let vectors: Int
  let channels: Int
  let stride: Int

  /// Writes outputs by the quick rule, and by the exact one where the quick one is not certain.
  @inline(__always) func write(
    _ sums: UnsafePointer<IntegerVector>, rows: Int, to target: UnsafeMutablePointer<Int8>
  ) {
    var quick = NearestOutput(range)
    write(sums, &quick, rows: rows, to: target)
    if quick.isUncertain { writeExactly(sums, rows: rows, to: target) }
  }

  @inline(never) private func writeExactly(
    _ sums: UnsafePointer<IntegerVector>, rows: Int, to target: UnsafeMutablePointer<Int8>
  ) {
    var exact = ExactOutput(range: range)
    write(sums, &exact, rows: rows, to: target)
  }

  @inline(__always) private func write<Rule: OutputRule>(
    _ sums: UnsafePointer<IntegerVector>, _ rule: inout Rule, rows: Int,
    to target: UnsafeMutablePointer<Int8>
  ) {
    var (sums, target, rowsLeft) = (sums, target, rows)
    while rowsLeft > 0 {
      rule.store(sums[0], scales, first: channels, to: target)
      if vectors == 2, channels > Machine.vectorFloats {
        rule.store(
          sums[1], scales + OutputRange.vectorsPerScale, first: channels &- Machine.vectorFloats,
          to: target + Machine.vectorFloats)
      }
      sums += vectors
      target += stride
      rowsLeft &-= 1
    }
  }
}
