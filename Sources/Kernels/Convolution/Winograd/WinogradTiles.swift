// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

extension WinogradTransform {
  /// Floats of workspace that the transforms need: a tile, and a copy of one.
  static var workspaceCount: Int { 2 * products * Machine.vectorFloats }

  /// Bᵀ d B for one vector of channels from `channel` of the n×n inputs at (`y`, `x`) of image `n`,
  /// zero outside of the image: the product i, j is written at `target` + (i · n + j) · `stride`.
  @inline(__always) static func transformInput(
    _ input: TensorView<Float>, _ n: Int, _ y: Int, _ x: Int, channel: Int,
    into target: UnsafeMutablePointer<Float>, stride: Int, workspace: UnsafeMutablePointer<Float>
  ) {
    let patch = patch(
      input, n, y, x, size: points, channel: channel,
      buffer: workspace + products * Machine.vectorFloats)
    Input.multiplyBothSides(
      patch.base, rowStride: patch.rowStride, columnStride: patch.columnStride,
      workspace: workspace,
      into: StridedMatrixSink(base: target, rowStride: points * stride, columnStride: stride))
  }

  /// A g Aᵀ for one vector of channels of the m×m gradients at (`y`, `x`) of image `n`; see
  /// `transformInput`.
  @inline(__always) static func transformOutputGradient(
    _ gradient: TensorView<Float>, _ n: Int, _ y: Int, _ x: Int, channel: Int,
    into target: UnsafeMutablePointer<Float>, stride: Int, workspace: UnsafeMutablePointer<Float>
  ) {
    let patch = patch(
      gradient, n, y, x, size: outputs, channel: channel,
      buffer: workspace + products * Machine.vectorFloats)
    OutputGradient.multiplyBothSides(
      patch.base, rowStride: patch.rowStride, columnStride: patch.columnStride,
      workspace: workspace,
      into: StridedMatrixSink(base: target, rowStride: points * stride, columnStride: stride))
  }

  /// Where `size`² pixels from (`y`, `x`) can be read: in the image, or, where they reach over its
  /// border, in a copy with zeros outside.
  @inline(__always) private static func patch(
    _ image: TensorView<Float>, _ n: Int, _ y: Int, _ x: Int, size: Int, channel: Int,
    buffer: UnsafeMutablePointer<Float>
  ) -> (base: UnsafePointer<Float>, rowStride: Int, columnStride: Int) {
    if y >= 0, x >= 0, y + size <= image.height, x + size <= image.width {
      let first = UnsafePointer(image.pixel(n, y, x)) + channel
      let rowStride = image.width * image.pixelStride
      // What the next tile reads and this one does not: rows are too far apart for the CPU to
      // guess.
      for i in 0..<size {
        for j in size..<size + outputs {
          ocelli_prefetch(first + (i &* rowStride &+ j &* image.pixelStride))
        }
      }
      return (first, rowStride, image.pixelStride)
    }
    copyPatch(image, n, y, x, size: size, channel: channel, into: buffer)
    return (UnsafePointer(buffer), size * Machine.vectorFloats, Machine.vectorFloats)
  }

  @inline(never) private static func copyPatch(
    _ image: TensorView<Float>, _ n: Int, _ y: Int, _ x: Int, size: Int, channel: Int,
    into buffer: UnsafeMutablePointer<Float>
  ) {
    for i in 0..<size {
      for j in 0..<size {
        let isInside = y + i >= 0 && y + i < image.height && x + j >= 0 && x + j < image.width
        let value =
          isInside ? Vector(at: image.pixel(n, y + i, x + j) + channel) : Vector(repeating: 0)
        value.store(to: buffer + (i * size + j) * Machine.vectorFloats)
      }
    }
  }
}

/// The m×m tiles that cover every image of a batch, numbered image by image and row by row.
struct WinogradTiles {
  /// m
  let size: Int
  let height: Int
  let width: Int
  let rows: Int
  let columns: Int
  let count: Int

  init(size: Int, batch: Int, height: Int, width: Int) {
    self.size = size
    self.height = height
    self.width = width
    rows = (height + size - 1) / size
    columns = (width + size - 1) / size
    count = batch * rows * columns
  }

  /// The first pixel of `tile`.
  @inline(__always) func origin(of tile: Int) -> (n: Int, y: Int, x: Int) {
    let (n, index) = tile.quotientAndRemainder(dividingBy: rows * columns)
    let (row, column) = index.quotientAndRemainder(dividingBy: columns)
    return (n, row * size, column * size)
  }
}
