// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A copy of the input in scratch memory that a product can read without a question: padded with
/// the zero point, each group of channels an image of its own, activations as `ocelli_dot` takes
/// them.
struct PaddedInput {
  typealias Element = ocelli_dot_activation

  let geometry: ConvolutionGeometry

  /// Channels of one image of the copy.
  @inline(__always) var channels: Int { geometry.groupInputChannels }
  /// Rows and columns that the outputs read, no more.
  let height: Int
  let width: Int

  init(_ geometry: ConvolutionGeometry) {
    self.geometry = geometry
    height =
      (geometry.outputHeight - 1) * geometry.strideHeight
      + (geometry.kernelHeight - 1) * geometry.dilationHeight + 1
    width =
      (geometry.outputWidth - 1) * geometry.strideWidth
      + (geometry.kernelWidth - 1) * geometry.dilationWidth + 1
  }

  var rowElements: Int { width * channels }
  var imageElements: Int { height * rowElements }
  var groupElements: Int { geometry.batch * imageElements }
  var byteCount: Int { geometry.groups * groupElements * MemoryLayout<Element>.stride }

  /// Copies all rows, the pool's threads together if it is worth it.
  func fill(
    from input: TensorView<Int8>, zeroPoint: Int32, into copy: UnsafeMutablePointer<Element>,
    pool: ThreadPool
  ) {
    let rows = geometry.groups * geometry.batch * height
    if isUnpadded && input.isContiguous {
      pool.forEachRange(of: rows * rowElements, grain: 1 << 14) { range, _ in
        ocelli_widen_activations(
          input.base + range.lowerBound, range.count, copy + range.lowerBound)
      }
      return
    }
    let grain = max(1, (1 << 14) / max(1, rowElements))
    pool.forEachRange(of: rows, grain: grain) { range, _ in
      for row in range {
        fillRow(
          row, from: input, Element(truncatingIfNeeded: zeroPoint + Machine.dotOffset),
          into: copy + row * rowElements)
      }
    }
  }

  /// Whether the copy has the pixels of the input, in their order, and no others.
  private var isUnpadded: Bool {
    geometry.groups == 1 && geometry.paddingTop == 0 && geometry.paddingLeft == 0
      && height == geometry.inputHeight && width == geometry.inputWidth
  }

  private func fillRow(
    _ row: Int, from input: TensorView<Int8>, _ padding: Element,
    into target: UnsafeMutablePointer<Element>
  ) {
    let (image, y) = row.quotientAndRemainder(dividingBy: height)
    let (group, n) = image.quotientAndRemainder(dividingBy: geometry.batch)
    let sourceRow = y - geometry.paddingTop
    guard sourceRow >= 0 && sourceRow < geometry.inputHeight else {
      target.update(repeating: padding, count: rowElements)
      return
    }
    let left = min(max(geometry.paddingLeft, 0), width)
    let first = left - geometry.paddingLeft
    let count = min(max(geometry.inputWidth - first, 0), width - left)
    target.update(repeating: padding, count: left * channels)
    let source = input.pixel(n, sourceRow, first) + group * channels
    let inside = target + left * channels
    if input.pixelStride == channels {
      ocelli_widen_activations(source, count * channels, inside)
    } else {
      for x in 0..<count {
        ocelli_widen_activations(
          source + x * input.pixelStride, channels, inside + x * channels)
      }
    }
    let right = left + count
    (target + right * channels).update(repeating: padding, count: (width - right) * channels)
  }
}
