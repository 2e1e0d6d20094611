// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// A copy of the input in scratch memory, which a product reads without looking for borders: padded
/// with the zero point, each group of channels an image of its own, activations as `ocelli_dot`
/// takes them.
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
    height = (geometry.outputHeight - 1) * geometry.strideHeight + geometry.windowHeight
    width =
      (geometry.outputWidth - 1) * geometry.strideWidth + (geometry.kernelWidth - 1)
      * geometry.dilationWidth + 1
  }

  var rowElements: Int { width * channels }

  /// Copies `rows` of all images of `group`, numbered image by image.
  func fill(
    _ rows: Range<Int>, group: Int, from input: TensorView<Int8>, zeroPoint: Int32,
    into copy: UnsafeMutablePointer<Element>
  ) {
    if isUnpadded && input.isContiguous {
      return ocelli_widen_activations(
        input.base + rows.lowerBound * rowElements, rows.count * rowElements, copy)
    }
    let padding = Element(truncatingIfNeeded: zeroPoint + Machine.dotOffset)
    for row in rows {
      fillRow(
        row, group: group, from: input, padding, into: copy + (row - rows.lowerBound) * rowElements)
    }
  }

  /// Whether the copy has the pixels of the input, in their order, and no others.
  private var isUnpadded: Bool {
    geometry.groups == 1 && geometry.paddingTop == 0 && geometry.paddingLeft == 0
      && height == geometry.inputHeight && width == geometry.inputWidth
  }

  private func fillRow(
    _ row: Int, group: Int, from input: TensorView<Int8>, _ padding: Element,
    into target: UnsafeMutablePointer<Element>
  ) {
    let (n, y) = row.quotientAndRemainder(dividingBy: height)
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
        ocelli_widen_activations(source + x * input.pixelStride, channels, inside + x * channels)
      }
    }
    let right = left + count
    (target + right * channels).update(repeating: padding, count: (width - right) * channels)
  }
}
