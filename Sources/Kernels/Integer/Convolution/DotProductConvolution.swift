// SPDX-License-Identifier: Apache-2.0

/// A convolution as dot products of four bytes: tiles of pixels times panels of output channels.
struct DotProductConvolution {
  let geometry: ConvolutionGeometry
  let image: UnsignedImage
  let layout: DotProductLayout
  let quantization: IntegerConvolution.Quantization

  /// Pixels of a tile: with two vectors of sums each, and room for weights and bytes.
  private static var tilePixels: Int { Machine.vectorRegisters >= 32 ? 12 : 4 }

  /// Output rows and their width; all pixels are one row where windows are single pixels.
  private var rowCount: Int { image.isRow ? 1 : geometry.outputHeight }
  private var rowWidth: Int { image.isRow ? image.width : geometry.outputWidth }

  /// Computes image `number` of the batch.
  func run(
    _ bytes: UnsafePointer<UInt8>, prepared: UnsafeRawPointer, into output: TensorView<Int8>,
    number: Int, pool: ThreadPool
  ) {
    let panelCount = layout.groups * layout.panelCount
    // Rows are cut into segments so long that there is work for several threads.
    let segmentWidth = image.isRow ? 8 * Self.tilePixels : rowWidth
    let segments = (rowWidth + segmentWidth - 1) / segmentWidth
    let work =
      segmentWidth * panelCount * layout.panelWidth * layout.runCount * layout.runSteps * 4
    // Weights beyond the first cache are read once for many rows; small ones once for each row.
    let isWeightBound = layout.byteCount > 1 << 18
    let grain = max(1, (1 << 16) / max(1, work))
    if isWeightBound {
      pool.forEach(panelCount) { panel, _ in
        for item in 0..<rowCount * segments {
          runSegment(item, segmentWidth, segments, panel, bytes, prepared, output, number)
        }
      }
    } else {
      pool.forEachRange(of: rowCount * segments, grain: grain) { items, _ in
        for item in items {
          for panel in 0..<panelCount {
            runSegment(item, segmentWidth, segments, panel, bytes, prepared, output, number)
          }
        }
      }
    }
  }

  /// One panel's channels of part of a row.
  private func runSegment(
    _ item: Int, _ segmentWidth: Int, _ segments: Int, _ panel: Int,
    _ bytes: UnsafePointer<UInt8>, _ prepared: UnsafeRawPointer, _ output: TensorView<Int8>,
    _ number: Int
  ) {
    let (row, first) = (item / segments, item % segments * segmentWidth)
    let (group, inGroup) = (panel / layout.panelCount, panel % layout.panelCount)
    let channel = group * layout.outputs + inGroup * layout.panelWidth
    let source =
      bytes + (row * geometry.strideHeight * image.width + first * geometry.strideWidth)
      * image.channels + group * (geometry.inputChannels / geometry.groups)
    let pixel = (image.isRow ? 0 : (number * rowCount + row) * rowWidth) + first
    let segment = DotProductSegment(
      convolution: self, source: source, panel: prepared + panel * layout.panelByteCount,
      target: output.pixel(pixel) + channel, targetStride: output.pixelStride,
      width: min(segmentWidth, rowWidth - first),
      channels: min(layout.panelWidth, layout.outputs - inGroup * layout.panelWidth))
    if layout.vectors == 2 {
      segment.run(TwoVectorDotProducts.self, tilePixels: Self.tilePixels)
    } else {
      segment.run(OneVectorDotProducts.self, tilePixels: Self.tilePixels)
    }
  }
}

/// Neighbouring pixels of a row, and one panel.
struct DotProductSegment {
  let convolution: DotProductConvolution
  /// The first pixel of the first window.
  let source: UnsafePointer<UInt8>
  let panel: UnsafeRawPointer
  let target: UnsafeMutablePointer<Int8>
  let targetStride: Int
  let width: Int
  let channels: Int

  /// Tiles of nearly the same number of pixels.
  @inline(never) func run<Row: DotProductRow>(_ row: Row.Type, tilePixels: Int) {
    var first = 0
    while first < width {
      let rest = width - first
      let tiles = (rest + tilePixels - 1) / tilePixels
      first += runTile(row, first, wanted: (rest + tiles - 1) / tiles)
    }
  }

  /// Runs the largest tile of at most `wanted` pixels; its number of pixels.
  @inline(__always) private func runTile<Row: DotProductRow>(
    _ row: Row.Type, _ first: Int, wanted: Int
  ) -> Int {
    switch wanted {
    case 12...: run(DotTile12<Row>.self, first)
    case 8...11: run(DotTile8<Row>.self, first)
    case 6...7: run(DotTile6<Row>.self, first)
    case 5: run(DotTile5<Row>.self, first)
    case 4: run(DotTile4<Row>.self, first)
    case 3: run(DotTile3<Row>.self, first)
    case 2: run(DotTile2<Row>.self, first)
    default: run(DotTile1<Row>.self, first)
    }
  }

  @inline(__always) private func run<Tile: DotProductTile>(
    _ type: Tile.Type, _ first: Int
  ) -> Int {
    let layout = convolution.layout
    let stride = convolution.geometry.strideWidth * convolution.image.channels
    let start = source + first * stride
    var tile = Tile(repeating: Tile.Row(biasesAt: panel))
    var weights = panel + layout.headByteCount
    let step = Tile.Row.vectors * MemoryLayout<IntegerVector>.stride
    for run in 0..<layout.runCount {
      var bytes =
        start
        + layout.runOffset(run, convolution.geometry, imageWidth: convolution.image.width)
      for _ in 0..<layout.runSteps {
        tile.add(bytes, stride: stride, times: Tile.Row(weightsAt: weights))
        bytes += 4
        weights += step
      }
    }
    store(tile, first)
    return Tile.pixels
  }

  @inline(__always) private func store<Tile: DotProductTile>(_ tile: Tile, _ first: Int) {
    for vector in 0..<Tile.Row.vectors {
      let constants = ChannelConstants(at: panel, vector: vector)
      let skipped = vector * Machine.vectorFloats
      let count = channels - skipped
      guard count > 0 else { return }
      tile.forEachPixel(from: first) { pixel, sums in
        constants.store(
          sums.vector(vector), convolution.quantization,
          to: target + pixel * targetStride + skipped, count: count)
      }
    }
  }
}
