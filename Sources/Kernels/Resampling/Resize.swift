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

  /// The equation in double precision.
  package static func reference(
    _ x: TensorView<Double>, into y: TensorView<Double>, _ method: Method
  ) {
    /// The input positions on both sides of the centre of output position `i`, and the share of the
    /// second.
    func tap(_ i: Int, _ input: Int, _ output: Int) -> (low: Int, high: Int, share: Double) {
      let place = max(0, (Double(i) + 0.5) * Double(input) / Double(output) - 0.5)
      let low = min(input - 1, Int(place))
      return (low, min(input - 1, low + 1), place - Double(low))
    }
    y.forEachIndex { n, i, j, c in
      if method == .nearest {
        y[n, i, j, c] = x[n, i * x.height / y.height, j * x.width / y.width, c]
      } else {
        let (row, column) = (tap(i, x.height, y.height), tap(j, x.width, y.width))
        let upper =
          (1 - column.share) * x[n, row.low, column.low, c] + column.share
          * x[n, row.low, column.high, c]
        let lower =
          (1 - column.share) * x[n, row.high, column.low, c] + column.share
          * x[n, row.high, column.high, c]
        y[n, i, j, c] = (1 - row.share) * upper + row.share * lower
      }
    }
  }

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
          Vector(at: upperLeft + c) * (1 - column.highWeight) + Vector(at: upperRight + c)
          * column.highWeight
        let lower =
          Vector(at: lowerLeft + c) * (1 - column.highWeight) + Vector(at: lowerRight + c)
          * column.highWeight
        (upper * (1 - row.highWeight) + lower * row.highWeight).store(first: lanes, to: target + c)
      }
    }
  }
}

extension Resize {
  /// ∂L/∂x[n,y,x,c] = Σ over output pixels of their ∂L/∂y · the share that the input pixel has in
  /// them, or += with `accumulate`. Each input pixel gathers, so nothing is written twice.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool, _ method: Method,
    pool: ThreadPool
  ) {
    precondition(dx.hasBatchAndChannels(of: dy), "resizing keeps batch and channels")
    let vertical = ResizeAxis(input: dx.height, output: dy.height)
    let horizontal = ResizeAxis(input: dx.width, output: dy.width)
    WindowLoop.forEachRow(of: dx, pool: pool) { n, y in
      switch method {
      case .nearest: sumCopies(of: dy, into: dx, accumulate, n, y, vertical, horizontal)
      case .bilinear: sumShares(of: dy, into: dx, accumulate, n, y, vertical, horizontal)
      }
    }
  }

  private static func sumCopies(
    of dy: TensorView<Float>, into dx: TensorView<Float>, _ accumulate: Bool, _ n: Int, _ y: Int,
    _ vertical: ResizeAxis, _ horizontal: ResizeAxis
  ) {
    let rows = vertical.copies(of: y)
    for x in 0..<dx.width {
      let columns = horizontal.copies(of: x)
      let target = dx.pixel(n, y, x)
      WindowLoop.forEachChannelVector(of: dx.channels) { c, lanes in
        var sum = accumulate ? Vector(at: target + c) : Vector(repeating: 0)
        for i in rows { for j in columns { sum += Vector(at: dy.pixel(n, i, j) + c) } }
        sum.store(first: lanes, to: target + c)
      }
    }
  }

  private static func sumShares(
    of dy: TensorView<Float>, into dx: TensorView<Float>, _ accumulate: Bool, _ n: Int, _ y: Int,
    _ vertical: ResizeAxis, _ horizontal: ResizeAxis
  ) {
    let rows = vertical.outputs(near: y)
    for x in 0..<dx.width {
      let columns = horizontal.outputs(near: x)
      let target = dx.pixel(n, y, x)
      WindowLoop.forEachChannelVector(of: dx.channels) { c, lanes in
        var sum = accumulate ? Vector(at: target + c) : Vector(repeating: 0)
        for i in rows {
          let rowWeight = vertical.weight(of: y, in: i)
          if rowWeight == 0 { continue }
          for j in columns {
            let weight = rowWeight * horizontal.weight(of: x, in: j)
            sum += Vector(at: dy.pixel(n, i, j) + c) * weight
          }
        }
        sum.store(first: lanes, to: target + c)
      }
    }
  }
}

/// One direction of a change of size: which input positions make an output position, and the other
/// way round.
struct ResizeAxis {
  let input: Int
  let output: Int

  /// Two neighbouring input positions and the share of the second.
  struct Tap {
    let low: Int
    let high: Int
    let highWeight: Float
  }

  /// ⌊i · input / output⌋
  @inline(__always) func nearest(_ i: Int) -> Int { i * input / output }

  /// The output positions that are copies of input position `k`.
  @inline(__always) func copies(of k: Int) -> Range<Int> {
    (k * output + input - 1) / input..<((k + 1) * output + input - 1) / input
  }

  /// Where the centre of output position `i` lies, in integers: (2i + 1) · input − output over 2 ·
  /// output.
  @inline(__always) func linear(_ i: Int) -> Tap {
    let numerator = max(0, (2 * i + 1) * input - output)
    let low = min(input - 1, numerator / (2 * output))
    let high = min(input - 1, low + 1)
    return Tap(
      low: low, high: high, highWeight: Float(numerator - low * 2 * output) / Float(2 * output))
  }

  /// A range of output positions that holds all whose taps include input position `k`, and few
  /// more.
  @inline(__always) func outputs(near k: Int) -> Range<Int> {
    // |(2i + 1) · input / (2 · output) − ½ − k| < 1, solved for i; the edges continue.
    let first = k == 0 ? 0 : max(0, ((2 * k - 1) * output / input - 1) / 2)
    let last = k == input - 1 ? output : min(output, ((2 * k + 3) * output / input + 1) / 2 + 1)
    return first..<max(first, last)
  }

  /// The share of input position `k` in output position `i`.
  @inline(__always) func weight(of k: Int, in i: Int) -> Float {
    let tap = linear(i)
    return (tap.low == k ? 1 - tap.highWeight : 0) + (tap.high == k ? tap.highWeight : 0)
  }
}
