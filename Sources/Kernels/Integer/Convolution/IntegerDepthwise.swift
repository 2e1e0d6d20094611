// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A convolution of each channel with a kernel of its own.
///
/// For the channels of one vector, the bytes of up to four rows under one another are brought into
/// the lanes of their channels, once for each column of the image; then each output is a sum of
/// dot products of four bytes over the columns of its window.
struct IntegerDepthwise {
  let geometry: ConvolutionGeometry

  private var image: UnsignedImage { UnsignedImage(geometry) }
  /// Groups of four rows of the kernel.
  private var rowGroups: Int { (geometry.kernelHeight + 3) / 4 }
  /// Vectors that the channels fill.
  private var blockCount: Int {
    (geometry.outputChannels + Machine.vectorFloats - 1) / Machine.vectorFloats
  }
  private var vectorBytes: Int { MemoryLayout<IntegerVector>.stride }
  private var blockByteCount: Int {
    ChannelConstants.byteCount + rowGroups * geometry.kernelWidth * vectorBytes
  }

  var preparedByteCount: Int { blockCount * blockByteCount }

  /// Bytes of a thread's columns.
  var scratchByteCount: Int { rowGroups * image.width * vectorBytes }

  func prepare(
    _ weights: UnsafePointer<Int8>, _ channels: OutputChannels,
    into prepared: UnsafeMutableRawPointer
  ) {
    let (height, width) = (geometry.kernelHeight, geometry.kernelWidth)
    prepared.initializeMemory(as: UInt8.self, repeating: 0, count: preparedByteCount)
    for channel in 0..<geometry.outputChannels {
      let lane = channel % Machine.vectorFloats
      let block = prepared + channel / Machine.vectorFloats * blockByteCount
      let taps = weights + channel * height * width
      let sum = (0..<height * width).reduce(Int32(0)) { $0 &+ Int32(taps[$1]) }
      ChannelConstants.write(
        bias: channels.foldedBias(channel, weightSum: sum), channels.multipliers[channel],
        lane: lane, into: block)
      let packed = (block + ChannelConstants.byteCount).assumingMemoryBound(to: Int8.self)
      for a in 0..<height {
        for b in 0..<width {
          let vector = a / 4 * width + b
          packed[(vector * Machine.vectorFloats + lane) * 4 + a % 4] = taps[a * width + b]
        }
      }
    }
  }

  /// Computes image `number` of the batch.
  func run(
    _ bytes: UnsafePointer<UInt8>, prepared: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, into output: TensorView<Int8>, number: Int,
    scratch: UnsafeMutableRawPointer, pool: ThreadPool
  ) {
    let rowWork = geometry.outputWidth * blockCount * (rowGroups * geometry.kernelWidth + 12)
    pool.forEachRange(of: geometry.outputHeight, grain: max(1, (1 << 11) / rowWork)) {
      rows, worker in
      let columns = (scratch + worker * scratchByteCount)
        .assumingMemoryBound(to: IntegerVector.self)
      for row in rows {
        for block in 0..<blockCount {
          runRow(
            row, block, bytes, prepared + block * blockByteCount, quantization, output, number,
            columns)
        }
      }
    }
  }

  @inline(never) private func runRow(
    _ row: Int, _ block: Int, _ bytes: UnsafePointer<UInt8>, _ panel: UnsafeRawPointer,
    _ quantization: IntegerConvolution.Quantization, _ output: TensorView<Int8>, _ number: Int,
    _ columns: UnsafeMutablePointer<IntegerVector>
  ) {
    let (width, channels) = (image.width, image.channels)
    let channel = block * Machine.vectorFloats
    interleave(
      bytes + row * geometry.strideHeight * width * channels + channel, rowBytes: width * channels,
      width: width, into: columns)
    let constants = ChannelConstants(at: panel, vector: 0)
    let weights = (panel + ChannelConstants.byteCount)
      .assumingMemoryBound(to: IntegerVector.self)
    let count = min(Machine.vectorFloats, channels - channel)
    let target = output.pixel(number, row, 0) + channel
    for x in 0..<geometry.outputWidth {
      var sums = constants.bias
      for group in 0..<rowGroups {
        let first = columns + (group * width + x * geometry.strideWidth)
        let factors = weights + group * geometry.kernelWidth
        for b in 0..<geometry.kernelWidth {
          sums = ocelli_dot(sums, first[b * geometry.dilationWidth], factors[b])
        }
      }
      constants.store(sums, quantization, to: target + x * output.pixelStride, count: count)
    }
  }

  /// The columns of a row of windows; rows beyond the kernel repeat its last and meet weights of 0.
  @inline(__always) private func interleave(
    _ source: UnsafePointer<UInt8>, rowBytes: Int, width: Int,
    into columns: UnsafeMutablePointer<IntegerVector>
  ) {
    for group in 0..<rowGroups {
      func row(_ index: Int) -> UnsafePointer<UInt8> {
        let a = min(group * 4 + index, geometry.kernelHeight - 1)
        return source + a * geometry.dilationHeight * rowBytes
      }
      let (a, b, c, d) = (row(0), row(1), row(2), row(3))
      for x in 0..<width {
        let offset = x * image.channels
        columns[group * width + x] = ocelli_interleave(
          a + offset, b + offset, c + offset, d + offset)
      }
    }
  }
}
