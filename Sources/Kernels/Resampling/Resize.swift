// SPDX-License-Identifier: Apache-2.0

/// How an output pixel of a resized image is made from input pixels.
public enum Interpolation: Equatable, Sendable {
  /// The input pixel at ⌊i · H / I⌋.
  case nearest
  /// Linear in both directions between pixel centres: output centre i + ½ lies at (i + ½) · H / I
  /// of the input, and beyond the outermost centres the edge continues.
  case bilinear
}

/// Changing height and width, with the conventions of PyTorch's `interpolate` for
/// `align_corners=False`.
package enum Resize {
  package typealias Method = Interpolation

  /// y = x at another size. **Shapes**: x: N×H×W×C, y: N×I×J×C.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ method: Method, pool: ThreadPool
  ) {
    precondition(x.hasBatchAndChannels(of: y), "resizing keeps batch and channels")
    precondition(y.pixelCount == 0 || x.pixelCount > 0, "an empty image cannot be resized")
    let vertical = ResizeAxis(input: x.height, output: y.height)
    let horizontal = ResizeAxis(input: x.width, output: y.width)
    WindowLoop.forEachRow(of: y, pool: pool) { n, i in
      switch method {
      case .nearest: nearestRow(x, into: y, n, i, vertical, horizontal)
      case .bilinear: bilinearRow(x, into: y, n, i, vertical, horizontal)
      }
    }
  }

  private static func nearestRow(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ n: Int, _ i: Int, _ vertical: ResizeAxis,
    _ horizontal: ResizeAxis
  ) {
    let row = vertical.nearest(i)
    for j in 0..<y.width {
      let source = x.pixel(n, row, horizontal.nearest(j))
      let target = y.pixel(n, i, j)
      WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
        Vector(at: source + c).store(first: lanes, to: target + c)
      }
    }
  }

  private static func bilinearRow(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ n: Int, _ i: Int, _ vertical: ResizeAxis,
    _ horizontal: ResizeAxis
  ) {
    let row = vertical.linear(i)
    for j in 0..<y.width {
      let column = horizontal.linear(j)
      let upperLeft = x.pixel(n, row.low, column.low)
      let upperRight = x.pixel(n, row.low, column.high)
      let lowerLeft = x.pixel(n, row.high, column.low)
      let lowerRight = x.pixel(n, row.high, column.high)
      let target = y.pixel(n, i, j)
      WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
        let upper =
          Vector(at: upperLeft + c) * (1 - column.highWeight)
          + Vector(at: upperRight + c) * column.highWeight
        let lower =
          Vector(at: lowerLeft + c) * (1 - column.highWeight)
          + Vector(at: lowerRight + c) * column.highWeight
        (upper * (1 - row.highWeight) + lower * row.highWeight).store(first: lanes, to: target + c)
      }
    }
  }
}
