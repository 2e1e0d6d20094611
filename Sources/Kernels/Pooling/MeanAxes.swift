// SPDX-License-Identifier: Apache-2.0

/// The extents that a mean is taken over; those of the output are 1.
package struct MeanAxes: Equatable, Sendable {
  package var height: Bool
  package var width: Bool
  package var channels: Bool

  package init(height: Bool = false, width: Bool = false, channels: Bool = false) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Elements of `x` that make one of the output.
  func count<Element>(_ x: TensorView<Element>) -> Int {
    (height ? x.height : 1) * (width ? x.width : 1) * (channels ? x.channels : 1)
  }

  /// Runs `body(x, y)` with the first pixel of each block of pixels that makes one output pixel,
  /// and with that, in parallel.
  @inline(__always) func forEachOutput<Input, Output>(
    _ x: TensorView<Input>, _ y: TensorView<Output>, pool: ThreadPool,
    _ body: (_ x: UnsafeMutablePointer<Input>, _ y: UnsafeMutablePointer<Output>) -> Void
  ) {
    precondition(
      y.batch == x.batch && y.height == (height ? 1 : x.height)
        && y.width == (width ? 1 : x.width) && y.channels == (channels ? 1 : x.channels),
      "a mean leaves the other extents")
    let grain = max(1, VectorLoop.chunkElements * y.pixelCount / max(1, x.elementCount))
    pool.forEachRange(of: y.pixelCount, grain: grain) { pixels, _ in
      for pixel in pixels {
        let row = pixel / y.width
        body(x.pixel(row / y.height, row % y.height, pixel % y.width), y.pixel(pixel))
      }
    }
  }

  /// Runs `body` with the channels of each pixel of a block that begins at `first`.
  @inline(__always) func forEachPixel<Element>(
    of x: TensorView<Element>, from first: UnsafeMutablePointer<Element>,
    _ body: (UnsafeMutablePointer<Element>) -> Void
  ) {
    for a in 0..<(height ? x.height : 1) {
      for b in 0..<(width ? x.width : 1) { body(first + (a * x.width + b) * x.pixelStride) }
    }
  }
}
