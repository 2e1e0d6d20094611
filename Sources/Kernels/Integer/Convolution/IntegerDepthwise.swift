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
  init(_ geometry: ConvolutionGeometry, threadCount: Int = 1, for layout: PackingLayout = .native) {
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

  var panelVectors: Int { IntegerPanel.headerVectors(1) + geometry.kernelHeight * planes }
  var packedByteCount: Int { vectors * panelVectors * layout.registerByteCount }

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
    let requantization = Requantization(quantization)
    let zeroPoint = Int8(truncatingIfNeeded: quantization.inputZeroPoint)
    return {
      pool.forEach(geometry.batch * rowBlocks * vectorBlocks) { item, worker in
        let (image, block) = item.quotientAndRemainder(dividingBy: rowBlocks * vectorBlocks)
        let (row, vector) = block.quotientAndRemainder(dividingBy: vectorBlocks)
        let loop = IntegerDepthwiseLoop(
          depthwise: self,
          taps: InterleavedTaps(self, memory: scratch + worker * workerBytes, zeroPoint: zeroPoint),
          panels: panels, requantization: requantization, source: source, target: target)
        let first = row * blockRows
        loop.run(
          image: image, rows: first..<min(first + blockRows, geometry.outputHeight),
          vectors: vector * vectorGrain..<min((vector + 1) * vectorGrain, vectors))
      }
    }
  }
}

/// A depthwise convolution with its operands, and one thread's scratch rows.
struct IntegerDepthwiseLoop {
  let depthwise: IntegerDepthwise
  let taps: InterleavedTaps
  let panels: UnsafePointer<IntegerVector>
  let requantization: Requantization
  let source: TensorView<Int8>
  let target: TensorView<Int8>

  /// The outputs of `rows`, registers `vectors` of their channels.
  func run(image n: Int, rows: Range<Int>, vectors: Range<Int>) {
    let geometry = depthwise.geometry
    // With a vertical stride of 1, output rows lie next to each other as scratch rows do.
    let isMerged = geometry.strideHeight == 1
    for vector in vectors {
      taps.fill(
        from: source, image: n,
        firstRow: rows.lowerBound * geometry.strideHeight - geometry.paddingTop,
        count: depthwise.scratchRows(rows.count), vector: vector)
      for row in 0..<(isMerged ? 1 : rows.count) {
        run(
          vector: vector, taps: taps.rows + row * geometry.strideHeight * depthwise.rowLanes,
          lanes: (isMerged ? rows.count : 1) * depthwise.rowLanes,
          into: target.pixel(n, rows.lowerBound + row, 0))
      }
    }
  }

  /// The channels of register `vector` for the pixels of `lanes` lanes of scratch rows.
  private func run(
    vector: Int, taps: UnsafePointer<Int32>, lanes: Int, into output: UnsafeMutablePointer<Int8>
  ) {
    let isFlat = depthwise.dividesRegister && target.isContiguous
    let pitch = isFlat ? Machine.vectorFloats : depthwise.pitch
    let first = vector * Machine.vectorFloats
    let whole = lanes / pitch
    let line = Line(
      panel: panels + vector * depthwise.panelVectors, taps: taps, target: output + first,
      targetStride: isFlat ? pitch : target.pixelStride, pitch: pitch, count: whole,
      channels: isFlat ? pitch : min(Machine.vectorFloats, depthwise.channels - first))
    run(line)
    if lanes > whole * pitch { run(line.rest(lanes - whole * pitch)) }
  }

  /// Output pixels next to each other, and one register of channels.
  struct Line {
    let panel: UnsafePointer<IntegerVector>
    let taps: UnsafePointer<Int32>
    let target: UnsafeMutablePointer<Int8>
    let targetStride: Int
    /// Lanes between the pixels in the scratch row.
    let pitch: Int
    let count: Int
    let channels: Int

    /// The register behind the last whole one, of which `channels` are outputs.
    func rest(_ channels: Int) -> Line {
      Line(
        panel: panel, taps: taps + count * pitch, target: target + count * targetStride,
        targetStride: targetStride, pitch: pitch, count: 1, channels: channels)
    }
  }

  private func run(_ line: Line) {
    guard line.count > 0 else { return }
    IntegerTileHeight.specialize(
      IntegerTileHeight.best(for: line.count, vectors: 1),
      IntegerDepthwiseTiles(depthwise: depthwise, requantization: requantization, line: line))
  }
}

/// The tiles of a line.
private struct IntegerDepthwiseTiles: IntegerTileBody {
  typealias Row = LaneRow

  let depthwise: IntegerDepthwise
  let requantization: Requantization
  let line: IntegerDepthwiseLoop.Line

  @inline(never) func run<Tile: IntegerTile>(_ tile: Tile.Type) where Tile.Row == Row {
    let weights = line.panel + IntegerPanel.headerVectors(1)
    let planeLanes = depthwise.planeLanes
    let planes = depthwise.planes
    let rowLanes = depthwise.geometry.dilationHeight * depthwise.rowLanes
    let kernelHeight = depthwise.geometry.kernelHeight
    for first in stride(from: 0, to: line.count, by: Tile.rows) {
      var sums = Tile(repeating: LaneRow(at: line.panel))
      let taps = line.taps + first * line.pitch
      for a in 0..<kernelHeight {
        for plane in 0..<planes {
          sums.add(
            taps + (a &* rowLanes &+ plane &* planeLanes), stride: line.pitch &* 4,
            times: LaneRow(at: weights + (a &* planes &+ plane)))
        }
      }
      sums.store(
        line.panel + 1, requantization, rows: line.count - first, channels: line.channels,
        to: line.target + first * line.targetStride, stride: line.targetStride)
    }
  }
}
