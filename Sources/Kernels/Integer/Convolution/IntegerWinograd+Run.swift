// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

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
      range: Requantization(quantization), target: target)
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
  let range: Requantization
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
      return ocelli_winograd_input(
        source.pixel(n, y, x), source.width * source.pixelStride, source.pixelStride, zeroPoint,
        channels, values, stride)
    }
    for a in 0..<6 {
      source.copyRow(
        n, y + a, from: x, count: 6, padding: Int8(truncatingIfNeeded: zeroPoint),
        into: scratch.patch + 6 * a * channels)
    }
    ocelli_winograd_input(
      scratch.patch, 6 * channels, channels, zeroPoint, channels, values, stride)
  }

  /// The outputs of a panel.
  private func finish(
    _ tiles: Range<Int>, _ panel: UnsafePointer<IntegerVector>, channel: Int,
    _ scratch: IntegerWinogradScratch
  ) {
    let pointStride = tiles.count * winograd.width
    for vector in 0..<IntegerWinograd.vectors {
      let first = channel + vector * Machine.vectorFloats
      guard first < winograd.geometry.outputChannels else { return }
      for tile in tiles {
        var sums = UnsafePointer<Int32>(
          OpaquePointer(
            scratch.sums + (tile - tiles.lowerBound) * IntegerWinograd.vectors + vector))
        scratch.outputs.update(repeating: panel[vector], count: IntegerWinograd.outputs)
        for _ in 0..<winograd.chunks {
          ocelli_winograd_output(
            sums, pointStride, UnsafeMutablePointer(OpaquePointer(scratch.outputs)))
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
      range.isWhole
      ? writeQuickly(ByteClamp.self, outputs, tile, channel: channel, scales)
      : writeQuickly(AnyClamp.self, outputs, tile, channel: channel, scales)
    if !isCertain { writeExactly(outputs, tile, channel: channel, scales) }
  }

  /// - Returns: Whether all is certain.
  @inline(__always) private func writeQuickly<Clamp: OutputClamp>(
    _ clamp: Clamp.Type, _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>
  ) -> Bool {
    var quick = NearestOutput<Clamp>(range)
    write(outputs, tile, channel: channel, scales, &quick)
    return !quick.isUncertain
  }

  private func writeTile(
    _ outputs: UnsafePointer<IntegerVector>, _ tile: Int, channel: Int,
    _ scales: UnsafePointer<IntegerVector>
  ) {
    let geometry = winograd.geometry
    let (n, i, j) = place(tile)
    var output = range.stage(
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
    var exact = ExactOutput(range: range)
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
