// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A convolution in which each channel is filtered alone; a channel may have several filters.
///
/// Some horizontal taps of a channel are put into one lane of a scratch row, so that one
/// instruction multiplies and adds them all: lane `j · O + o` of row y holds the activations that
/// output channel o of output column j reads at kernel columns 0, 1, … (one *plane* of such rows
/// for every `Machine.dotElements` columns). A scratch row serves every output row that reads it.
struct IntegerDepthwise {
  let geometry: ConvolutionGeometry

  init(_ geometry: ConvolutionGeometry) { self.geometry = geometry }

  var channels: Int { geometry.outputChannels }
  var planes: Int {
    (geometry.kernelWidth + Machine.dotElements - 1) / Machine.dotElements
  }
  /// Registers of a pixel.
  var vectors: Int { (channels + Machine.vectorFloats - 1) / Machine.vectorFloats }
  /// Whether a register can hold several whole pixels.
  var dividesRegister: Bool { Machine.vectorFloats % channels == 0 }

  var panelVectors: Int {
    IntegerPanel.headerVectors(1) + geometry.kernelHeight * planes
  }
  var preparedByteCount: Int {
    vectors * panelVectors * MemoryLayout<IntegerVector>.stride
  }

  /// Lanes of a scratch row.
  var rowLanes: Int { geometry.outputWidth * channels }
  /// Lanes of the scratch rows of a plane; the register behind the last pixel is written, too.
  var planeLanes: Int { scratchRows * rowLanes + Machine.vectorFloats }
  /// Output rows that are computed from one filling of the scratch rows, in about 32 KB.
  var blockRows: Int {
    let rows = (1 << 13) / (rowLanes * planes)
    let outputs = (rows - reach) / geometry.strideHeight + 1
    return min(geometry.outputHeight, max(outputs, 1))
  }
  /// Input rows that one output row reads, the skipped ones of a dilation among them.
  private var reach: Int { (geometry.kernelHeight - 1) * geometry.dilationHeight + 1 }
  var scratchRows: Int { (blockRows - 1) * geometry.strideHeight + reach }
  /// Bytes of a pixel of padding, and of one whose channels are repeated for several filters.
  private var pixelBytes: Int { (channels + 2 * Machine.vectorFloats + 63) / 64 * 64 }
  /// Scratch memory of one thread: rows behind the taps of one pixel and the padding; the last tile
  /// reads behind them.
  var scratchByteCount: Int {
    let slack = IntegerTileHeight.largest * max(channels, Machine.vectorFloats)
    let rows = planes * planeLanes + slack
    return (rows * 4 + 5 * pixelBytes + 63) / 64 * 64
  }

  func prepare(_ parameters: IntegerParameters, into prepared: UnsafeMutableRawPointer) {
    let base = prepared.assumingMemoryBound(to: IntegerVector.self)
    let perLane = Machine.dotElements
    base.update(
      repeating: IntegerVector(repeating: 0),
      count: preparedByteCount / MemoryLayout<IntegerVector>.stride)
    for lane in 0..<vectors * Machine.vectorFloats {
      guard lane < channels || dividesRegister else { continue }
      let o = lane % channels
      let (index, place) = lane.quotientAndRemainder(dividingBy: Machine.vectorFloats)
      let panel = IntegerPanel(base: base + index * panelVectors, vectors: 1)
      var sum: Int32 = 0
      for a in 0..<geometry.kernelHeight {
        for b in 0..<geometry.kernelWidth {
          let weight = parameters.weight(o, a, b, 0)
          panel.elements(a * planes + b / perLane)[place * perLane + b % perLane] =
            ocelli_dot_weight(weight)
          sum &+= Int32(weight)
        }
      }
      panel.prepare(lane: place, channel: o, parameters, weightSum: sum)
    }
  }

  func run(
    _ source: TensorView<Int8>, _ prepared: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into target: TensorView<Int8>,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    let blocks = (geometry.outputHeight + blockRows - 1) / blockRows
    pool.forEach(geometry.batch * blocks) { item, worker in
      let (n, block) = item.quotientAndRemainder(dividingBy: blocks)
      let first = block * blockRows
      let rows = first..<min(first + blockRows, geometry.outputHeight)
      let memory = scratch + worker * scratchByteCount
      let taps = InterleavedTaps(depthwise: self, memory: memory, pixelBytes: pixelBytes)
      let count = (rows.count - 1) * geometry.strideHeight + reach
      taps.fill(
        from: source, image: n, firstRow: first * geometry.strideHeight - geometry.paddingTop,
        count: count, zeroPoint: Int8(truncatingIfNeeded: quantization.inputZeroPoint))
      IntegerDepthwiseLoop(
        depthwise: self, taps: taps.rows,
        panels: prepared.assumingMemoryBound(to: IntegerVector.self),
        range: OutputRange(quantization), target: target
      ).run(image: n, rows: rows)
    }
  }
}
