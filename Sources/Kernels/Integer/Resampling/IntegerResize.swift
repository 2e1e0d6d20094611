// SPDX-License-Identifier: Apache-2.0

/// Changing height and width of a quantised tensor, whose quantisation the output shares: the rules
/// of TensorFlow Lite's reference kernels RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR, bit for bit.
package enum IntegerResize {
  /// The equation of ``bilinear(_:into:_:pool:)``, element by element.
  package static func bilinearReference(
    _ x: TensorView<Int8>, into y: TensorView<Int8>, _ mode: SamplingMode
  ) {
    let vertical = Axis(input: x.height, output: y.height, mode)
    let horizontal = Axis(input: x.width, output: y.width, mode)
    y.forEachIndex { n, i, j, c in
      var sum: Int64 = 0
      for (k, rowWeight) in vertical.tap(i).weights {
        for (l, columnWeight) in horizontal.tap(j).weights {
          sum += Int64(x[n, k, l, c]) * Int64(rowWeight) * Int64(columnWeight)
        }
      }
      y[n, i, j, c] = Int8((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20))
    }
  }

  /// The equation of ``nearest(_:into:_:pool:)``, element by element.
  package static func nearestReference<Element>(
    _ x: TensorView<Element>, into y: TensorView<Element>, _ mode: SamplingMode
  ) {
    func source(_ i: Int, _ input: Int, _ output: Int) -> Int {
      let (k, scale) = (Float(i), Float(input) / Float(output))
      let place =
        switch mode {
        case .corner: k * scale
        case .halfPixelCenters: (k + 0.5) * scale
        case .alignCorners:
          (output > 1 ? k * (Float(input - 1) / Float(output - 1)) : k * scale) + 0.5
        }
      return min(input - 1, Int(place))
    }
    y.forEachIndex { n, i, j, c in
      y[n, i, j, c] = x[n, source(i, x.height, y.height), source(j, x.width, y.width), c]
    }
  }

  /// y[n,i,j,c] = Σ over the four neighbours of x · w_row · w_column / 2²⁰, rounded to the nearest,
  /// halves away from zero.
  ///
  /// **Shapes**: x: N×H×W×C, y: N×I×J×C. **Numbers**: positions are in 1/1024 of a pixel, with a
  /// step that is rounded once, so that weights are integers that sum to 2¹⁰ in each direction and
  /// sums are below 2²⁹.
  package static func bilinear(
    _ x: TensorView<Int8>, into y: TensorView<Int8>, _ mode: SamplingMode, pool: ThreadPool
  ) {
    check(x, y)
    let vertical = Axis(input: x.height, output: y.height, mode)
    let horizontal = Axis(input: x.width, output: y.width, mode)
    let shift = RoundingShift(right: 20)
    forEachRow(of: y, pool: pool) { n, i in
      let row = vertical.tap(i)
      for j in 0..<y.width {
        let column = horizontal.tap(j)
        let upperLeft = x.pixel(n, row.low, column.low)
        let upperRight = x.pixel(n, row.low, column.high)
        let lowerLeft = x.pixel(n, row.high, column.low)
        let lowerRight = x.pixel(n, row.high, column.high)
        let target = y.pixel(n, i, j)
        WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
          let upper =
            IntegerVector(signedBytesAt: upperLeft + c) &* (1024 - column.highWeight)
            &+ IntegerVector(signedBytesAt: upperRight + c) &* column.highWeight
          let lower =
            IntegerVector(signedBytesAt: lowerLeft + c) &* (1024 - column.highWeight)
            &+ IntegerVector(signedBytesAt: lowerRight + c) &* column.highWeight
          shift.apply(upper &* (1024 - row.highWeight) &+ lower &* row.highWeight).storeBytes(
            first: lanes, to: target + c)
        }
      }
    }
  }

  /// y[n,i,j,c] = x[n, k(i), l(j), c], of elements of any type. The positions are computed in
  /// single precision and rounded down, with `alignCorners` to the nearest.
  package static func nearest<Element>(
    _ x: TensorView<Element>, into y: TensorView<Element>, _ mode: SamplingMode, pool: ThreadPool
  ) {
    check(x, y)
    let vertical = NearestAxis(input: x.height, output: y.height, mode)
    let horizontal = NearestAxis(input: x.width, output: y.width, mode)
    forEachRow(of: y, pool: pool) { n, i in
      let row = vertical.source(of: i)
      for j in 0..<y.width {
        let column = horizontal.source(of: j)
        y.pixel(n, i, j).update(from: x.pixel(n, row, column), count: y.channels)
      }
    }
  }

  /// The two input positions of an output position, and the weight of the second in 1/1024.
  private struct Tap {
    let low: Int
    let high: Int
    let highWeight: Int32

    var weights: [(Int, Int32)] { [(low, 1024 - highWeight), (high, highWeight)] }
  }

  /// One direction, in 1/1024 of an input pixel.
  private struct Axis {
    let input: Int
    let mode: SamplingMode
    let step: Int

    init(input: Int, output: Int, _ mode: SamplingMode) {
      self.input = input
      self.mode = mode
      let spans = mode == .alignCorners && output > 1 ? (input - 1, output - 1) : (input, output)
      step = (1024 * spans.0 + spans.1 / 2) / max(1, spans.1)
    }

    func tap(_ i: Int) -> Tap {
      let position = i * step + (mode == .halfPixelCenters ? step / 2 - 512 : 0)
      let low = min(max(position / 1024, 0), input - 1)
      let high = min((position + 1023) / 1024, input - 1)
      return Tap(low: low, high: high, highWeight: Int32(position - 1024 * low))
    }
  }

  /// One direction, in single precision.
  private struct NearestAxis {
    private let last: Int
    private let scale: Float
    private let offset: Float
    /// Added before rounding down: rounds halves up, as no number is negative.
    private let half: Float

    init(input: Int, output: Int, _ mode: SamplingMode) {
      let aligns = mode == .alignCorners && output > 1
      last = input - 1
      scale = aligns ? Float(input - 1) / Float(output - 1) : Float(input) / Float(output)
      offset = mode == .halfPixelCenters ? 0.5 : 0
      half = mode == .alignCorners ? 0.5 : 0
    }

    @inline(__always) func source(of i: Int) -> Int {
      min(Int((Float(i) + offset) * scale + half), last)
    }
  }

  private static func check<Element>(_ x: TensorView<Element>, _ y: TensorView<Element>) {
    precondition(
      x.batch == y.batch && x.channels == y.channels, "resizing keeps batch and channels")
    precondition(y.pixelCount == 0 || x.pixelCount > 0, "an empty image cannot be resized")
  }

  /// Runs `body(n, i)` for every row of every image.
  @inline(__always) private static func forEachRow<Element>(
    of y: TensorView<Element>, pool: ThreadPool, _ body: (_ n: Int, _ i: Int) -> Void
  ) {
    let grain = max(1, VectorLoop.chunkElements / max(1, y.width * y.channels))
    pool.forEachRange(of: y.batch * y.height, grain: grain) { rows, _ in
      for row in rows { body(row / y.height, row % y.height) }
    }
  }
}
