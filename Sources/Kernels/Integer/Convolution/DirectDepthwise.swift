// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A depthwise convolution for CPUs with narrow registers: ARM and RISC-V.
///
/// Channels are what a register holds, eight at a time, as they are in the input; a pixel's taps
/// are read from a padded copy of the rows that a block of output rows needs.
struct DirectDepthwise {
  let geometry: ConvolutionGeometry
  /// The copy, in which all channels are one group.
  let input: PaddedInput
  /// Output rows that are computed from one copy.
  let blockRows: Int
  private let layout: PackingLayout

  /// - Parameter layout: the CPU that weights are packed for. Only this one's can run.
  init(_ geometry: ConvolutionGeometry, threadCount: Int = 1, for layout: PackingLayout = .native) {
    self.geometry = geometry
    self.layout = layout
    var dense = geometry
    dense.groups = 1
    dense.inputChannels = geometry.outputChannels
    input = PaddedInput(dense)
    // As many for each thread, of rows whose copy takes about 16 KB.
    let rows = (1 << 14) / max(1, input.rowElements) - geometry.windowHeight
    let most = min(geometry.outputHeight, max(rows / geometry.strideHeight + 1, 1))
    let blocks = (geometry.outputHeight + most - 1) / most
    let shares = (blocks + threadCount - 1) / threadCount * threadCount
    blockRows = (geometry.outputHeight + shares - 1) / shares
  }

  private static let panelChannels = 8
  /// Registers of channels in a panel: eight channels, in all layouts that it is for.
  private static let vectors = 2

  private var panels: Int {
    (geometry.outputChannels + Self.panelChannels - 1) / Self.panelChannels
  }
  private var taps: Int { geometry.kernelHeight * geometry.kernelWidth }
  /// Bytes of a panel: its head, the weights, and a register that tells whether one of them is
  /// −128.
  private var panelBytes: Int { wideOffset + layout.registerByteCount }
  private var wideOffset: Int {
    let size = layout.registerByteCount
    return headerVectors * size + (taps * Self.panelChannels + size - 1) / size * size
  }
  private var headerVectors: Int { IntegerPanel.headerVectors(Self.vectors) }

  var packedByteCount: Int { panels * panelBytes }

  /// Scratch memory of one thread: eight channels are read at the last pixel, too.
  var scratchByteCount: Int {
    let rows = (blockRows - 1) * geometry.strideHeight + geometry.windowHeight
    return (rows * input.rowElements + Self.panelChannels + 63) / 64 * 64
  }

  func pack(_ parameters: IntegerParameters, into packed: UnsafeMutableRawPointer) {
    packed.initializeMemory(as: UInt8.self, repeating: 0, count: packedByteCount)
    for o in 0..<geometry.outputChannels {
      let (index, lane) = o.quotientAndRemainder(dividingBy: Self.panelChannels)
      pack(o, parameters, lane: lane, of: packed + index * panelBytes)
    }
  }

  private func pack(
    _ o: Int, _ parameters: IntegerParameters, lane: Int, of panel: UnsafeMutableRawPointer
  ) {
    let weights = panel + headerVectors * layout.registerByteCount + lane
    var sum: Int32 = 0
    var isWide = false
    for tap in 0..<taps {
      let (a, b) = tap.quotientAndRemainder(dividingBy: geometry.kernelWidth)
      let weight = parameters.weight(o, a, b, 0)
      weights.storeBytes(of: weight, toByteOffset: tap * Self.panelChannels, as: Int8.self)
      sum &+= Int32(weight)
      isWide = isWide || weight == .min
    }
    if isWide { panel.storeBytes(of: 1, toByteOffset: wideOffset, as: Int32.self) }
    IntegerPanelWriter(
      base: panel.assumingMemoryBound(to: Int32.self), vectors: Self.vectors, layout: layout
    ).pack(lane: lane, channel: o, parameters, weightSum: sum)
  }

  func bound(
    _ source: TensorView<Int8>, _ packed: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into target: TensorView<Int8>,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) -> () -> Void {
    let blocks = (geometry.outputHeight + blockRows - 1) / blockRows
    let workerBytes = scratchByteCount
    let requantization = Requantization(quantization)
    return {
      pool.forEach(geometry.batch * blocks) { item, worker in
        let (n, block) = item.quotientAndRemainder(dividingBy: blocks)
        let first = block * blockRows
        let rows = first..<min(first + blockRows, geometry.outputHeight)
        let copy = (scratch + worker * workerBytes).assumingMemoryBound(
          to: PaddedInput.Element.self)
        fill(n, rows, from: source, zeroPoint: quantization.inputZeroPoint, into: copy)
        run(packed, UnsafePointer(copy), n, rows, requantization, into: target)
      }
    }
  }

  /// Copies what output rows `rows` of image `n` read.
  private func fill(
    _ n: Int, _ rows: Range<Int>, from source: TensorView<Int8>, zeroPoint: Int32,
    into copy: UnsafeMutablePointer<PaddedInput.Element>
  ) {
    let first = n * input.height + rows.lowerBound * geometry.strideHeight
    let count = (rows.count - 1) * geometry.strideHeight + geometry.windowHeight
    let read = first..<first + count
    if geometry.groupOutputChannels == 1 {
      return input.fill(read, group: 0, from: source, zeroPoint: zeroPoint, into: copy)
    }
    var target = copy
    for row in read {
      let y = row - n * input.height - geometry.paddingTop
      for column in 0..<input.width {
        let x = column - geometry.paddingLeft
        let isInside = 0..<geometry.inputHeight ~= y && 0..<geometry.inputWidth ~= x
        for o in 0..<geometry.outputChannels {
          let value =
            isInside ? Int32(source.pixel(n, y, x)[o / geometry.groupOutputChannels]) : zeroPoint
          target[o] = PaddedInput.Element(truncatingIfNeeded: value)
        }
        target += geometry.outputChannels
      }
    }
  }

  /// The outputs of `rows`, panel by panel.
  private func run(
    _ packed: UnsafeRawPointer, _ copy: UnsafePointer<PaddedInput.Element>, _ n: Int,
    _ rows: Range<Int>, _ requantization: Requantization, into target: TensorView<Int8>
  ) {
    let channels = geometry.outputChannels
    var window = ocelli_depthwise(
      window: nil, rows: rows.count, columns: geometry.outputWidth,
      pixelRowBytes: geometry.strideHeight * input.rowElements,
      pixelBytes: geometry.strideWidth * channels, kernelRows: geometry.kernelHeight,
      kernelColumns: geometry.kernelWidth, rowBytes: geometry.dilationHeight * input.rowElements,
      columnBytes: geometry.dilationWidth * channels)
    for index in 0..<panels {
      let channel = index * Self.panelChannels
      let panel = (packed + index * panelBytes).assumingMemoryBound(to: IntegerVector.self)
      let isWide = packed.load(fromByteOffset: index * panelBytes + wideOffset, as: Int32.self)
      var output = requantization.stage(
        panel + Self.vectors, channels: channels - channel, pixelStride: target.pixelStride,
        rowStride: target.width * target.pixelStride)
      window.window = UnsafePointer(OpaquePointer(copy + channel))
      ocelli_depthwise_outputs(
        &window, UnsafePointer(OpaquePointer(panel + headerVectors)),
        UnsafePointer(OpaquePointer(panel)), isWide != 0, &output,
        target.pixel(n, rows.lowerBound, 0) + channel)
    }
  }
}
