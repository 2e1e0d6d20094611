// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A convolution in which each channel is filtered alone; a channel may have several filters.
///
/// Some horizontal taps of a channel are put into one lane of a scratch row, so that one
/// instruction multiplies and adds them all: a lane of row y holds the activations that one output
/// channel of one output column reads at kernel columns 0, 1, … (one *plane* of such rows for every
/// `Machine.dotElements` columns). A scratch row serves every output row that reads it. Rows hold
/// one register of channels at a time, or all channels where a register holds several pixels.
struct IntegerDepthwise {
  let geometry: ConvolutionGeometry
  let channels: Int
  let planes: Int
  /// Registers of a pixel.
  let vectors: Int
  /// Whether a register can hold several whole pixels.
  let dividesRegister: Bool
  /// Lanes between the pixels of a scratch row, and those of a row.
  let pitch: Int
  let rowLanes: Int
  /// Output rows that are computed from one filling of the scratch rows.
  let blockRows: Int
  /// Registers of channels that one item of work computes.
  let vectorGrain: Int
  private let layout: PackingLayout

  /// - Parameter layout: the CPU that weights are packed for. Only this one's can run.
  init(
    _ geometry: ConvolutionGeometry, threadCount: Int = 1, for layout: PackingLayout = .native
  ) {
    self.geometry = geometry
    self.layout = layout
    channels = geometry.outputChannels
    planes = (geometry.kernelWidth + layout.dotElements - 1) / layout.dotElements
    vectors = (channels + layout.lanes - 1) / layout.lanes
    dividesRegister = layout.lanes % channels == 0
    pitch = dividesRegister ? channels : layout.lanes
    rowLanes = geometry.outputWidth * pitch
    let most = Self.outputRows(geometry, lanes: rowLanes * planes)
    let blocks = (geometry.outputHeight + most - 1) / most
    // As many for each thread, unless rows are few: then channels, by whole cache lines.
    let sharesRows = geometry.outputHeight >= 3 * threadCount
    let shares = sharesRows ? (blocks + threadCount - 1) / threadCount * threadCount : blocks
    blockRows = (geometry.outputHeight + shares - 1) / shares
    let line = 64 / layout.lanes
    let lines = (vectors + line - 1) / line
    vectorGrain = sharesRows ? vectors : (lines + threadCount - 1) / threadCount * line
  }

  /// Output rows whose scratch rows, of so many lanes each, take about 32 KB.
  private static func outputRows(_ geometry: ConvolutionGeometry, lanes: Int) -> Int {
    let rows = (1 << 13) / lanes - geometry.windowHeight
    return min(geometry.outputHeight, max(rows / geometry.strideHeight + 1, 1))
  }

  var panelVectors: Int {
    IntegerPanel.headerVectors(1) + geometry.kernelHeight * planes
  }
  var packedByteCount: Int {
    vectors * panelVectors * layout.registerByteCount
  }

  /// Scratch rows that so many output rows read.
  func scratchRows(_ outputRows: Int) -> Int {
    (outputRows - 1) * geometry.strideHeight + geometry.windowHeight
  }
  /// Lanes of the scratch rows of a plane; the register behind the last pixel is written, too.
  var planeLanes: Int { scratchRows(blockRows) * rowLanes + Machine.vectorFloats }
  /// Scratch memory of one thread: the last tile reads behind the rows.
  var scratchByteCount: Int {
    let slack = IntegerTileHeight.largest * Machine.vectorFloats
    let bytes = (planes * planeLanes + slack) * 4 + InterleavedTaps.headerBytes(self)
    return (bytes + 63) / 64 * 64
  }

  func pack(_ parameters: IntegerParameters, into packed: UnsafeMutableRawPointer) {
    packed.initializeMemory(as: UInt8.self, repeating: 0, count: packedByteCount)
    let base = packed.assumingMemoryBound(to: Int32.self)
    let perLane = layout.dotElements
    for lane in 0..<vectors * layout.lanes {
      guard lane < channels || dividesRegister else { continue }
      let o = lane % channels
      let (index, place) = lane.quotientAndRemainder(dividingBy: layout.lanes)
      let panel = IntegerPanelWriter(
        base: base + index * panelVectors * layout.lanes, vectors: 1, layout: layout)
      var sum: Int32 = 0
      for a in 0..<geometry.kernelHeight {
        for b in 0..<geometry.kernelWidth {
          let weight = parameters.weight(o, a, b, 0)
          panel.write(weight, register: a * planes + b / perLane, lane: place, place: b % perLane)
          sum &+= Int32(weight)
        }
      }
      panel.pack(lane: place, channel: o, parameters, weightSum: sum)
    }
  }

  func bound(
    _ source: TensorView<Int8>, _ packed: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into target: TensorView<Int8>,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) -> () -> Void {
    let rowBlocks = (geometry.outputHeight + blockRows - 1) / blockRows
    let vectorBlocks = (vectors + vectorGrain - 1) / vectorGrain
    let workerBytes = scratchByteCount
    let panels = packed.assumingMemoryBound(to: IntegerVector.self)
    let range = Requantization(quantization)
    let zeroPoint = Int8(truncatingIfNeeded: quantization.inputZeroPoint)
    return {
      pool.forEach(geometry.batch * rowBlocks * vectorBlocks) { item, worker in
        let (image, block) = item.quotientAndRemainder(dividingBy: rowBlocks * vectorBlocks)
        let (row, vector) = block.quotientAndRemainder(dividingBy: vectorBlocks)
        let loop = IntegerDepthwiseLoop(
          depthwise: self,
          taps: InterleavedTaps(
            self, memory: scratch + worker * workerBytes, zeroPoint: zeroPoint),
          panels: panels, range: range, source: source, target: target)
        let first = row * blockRows
        loop.run(
          image: image, rows: first..<min(first + blockRows, geometry.outputHeight),
          vectors: vector * vectorGrain..<min((vector + 1) * vectorGrain, vectors))
      }
    }
  }
}
