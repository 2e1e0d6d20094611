// SPDX-License-Identifier: Apache-2.0

/// An image as the dot products read it: bytes x + 128 in 0...255, with its padding around it.
///
/// Where windows are single pixels there is nothing around them: then all images of a batch may be
/// one row of pixels.
struct UnsignedImage {
  let height: Int
  let width: Int
  let channels: Int
  private let top: Int
  private let left: Int
  private let inputHeight: Int
  private let inputWidth: Int
  /// Images that are copied one after the other.
  let count: Int
  /// Whether the whole batch is one row.
  let isRow: Bool

  init(_ geometry: ConvolutionGeometry) {
    let g = geometry
    channels = g.inputChannels
    isRow =
      g.kernelHeight == 1 && g.kernelWidth == 1 && g.strideHeight == 1
      && g.strideWidth == 1 && g.paddingTop == 0 && g.paddingLeft == 0
      && g.outputHeight == g.inputHeight && g.outputWidth == g.inputWidth
    if isRow {
      (top, left, height, width) = (0, 0, 1, g.batch * g.inputHeight * g.inputWidth)
      (inputHeight, inputWidth, count) = (1, width, 1)
    } else {
      (top, left, count) = (g.paddingTop, g.paddingLeft, g.batch)
      (inputHeight, inputWidth) = (g.inputHeight, g.inputWidth)
      // All that windows reach: less than the input where a stride leaves some of it over.
      height = (g.outputHeight - 1) * g.strideHeight + (g.kernelHeight - 1) * g.dilationHeight + 1
      width = (g.outputWidth - 1) * g.strideWidth + (g.kernelWidth - 1) * g.dilationWidth + 1
    }
  }

  /// Bytes of one image, and of what is read past its end.
  var byteCount: Int { (height * width * channels + 64 + 63) & ~63 }

  /// Copies image `number` of a batch.
  func copy(
    _ input: TensorView<Int8>, number: Int, zeroPoint: Int32,
    into target: UnsafeMutablePointer<UInt8>, pool: ThreadPool
  ) {
    let border = UInt8(truncatingIfNeeded: zeroPoint &+ 128)
    if isRow && input.isContiguous {
      pool.forEachRange(of: width * channels, grain: 1 << 16) { range, _ in
        Self.flip(input.base + range.lowerBound, into: target + range.lowerBound, range.count)
      }
      return
    }
    let rowBytes = width * channels
    pool.forEachRange(of: height, grain: max(1, (1 << 15) / rowBytes)) { rows, _ in
      for row in rows {
        let start = target + row * rowBytes
        let y = row - top
        guard y >= 0, y < inputHeight else {
          start.update(repeating: border, count: rowBytes)
          continue
        }
        copyRow(isRow ? 0 : (number * inputHeight + y) * inputWidth, input, border, into: start)
      }
    }
  }

  /// Copies the row that starts at a pixel of the batch.
  private func copyRow(
    _ pixel: Int, _ input: TensorView<Int8>, _ border: UInt8,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    let inside = min(inputWidth, width - left)
    target.update(repeating: border, count: left * channels)
    if input.isContiguous {
      Self.flip(input.pixel(pixel), into: target + left * channels, inside * channels)
    } else {
      for x in 0..<inside {
        Self.flip(input.pixel(pixel + x), into: target + (left + x) * channels, channels)
      }
    }
    let end = left + inside
    (target + end * channels).update(repeating: border, count: (width - end) * channels)
  }

  /// x + 128, byte by byte.
  @inline(__always) private static func flip(
    _ source: UnsafePointer<Int8>, into target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    for index in 0..<count { target[index] = UInt8(bitPattern: source[index]) ^ 0x80 }
  }
}
