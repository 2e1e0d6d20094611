// SPDX-License-Identifier: Apache-2.0
import CIntrinsics

/// Maximum and mean over windows of a quantised tensor, whose quantisation the output shares: the
/// rules of TensorFlow Lite's reference kernels MAX_POOL_2D and AVERAGE_POOL_2D, bit for bit.
package enum IntegerPooling {
  /// The equation of ``maximum(_:into:_:range:pool:)``, element by element.
  package static func maximumReference(
    _ x: TensorView<Int8>, into y: TensorView<Int8>, _ geometry: PoolingGeometry,
    range: ClosedRange<Int8> = Int8.min...Int8.max
  ) { geometry.reduceWindows(x, into: y) { $0.reduce(Int8.min, max).clamped(to: range) } }

  /// The equation of ``average(_:into:_:range:pool:)``, element by element.
  package static func averageReference(
    _ x: TensorView<Int8>, into y: TensorView<Int8>, _ geometry: PoolingGeometry,
    range: ClosedRange<Int8> = Int8.min...Int8.max
  ) {
    geometry.reduceWindows(x, into: y) { window in
      let sum = window.reduce(Int32(0)) { $0 + Int32($1) }
      let count = max(1, Int32(window.count))
      let half = sum > 0 ? count / 2 : -count / 2
      return Int8(clamping: (sum + half) / count).clamped(to: range)
    }
  }

  /// y[n,i,j,c] = clamp(max over (a, b) in W(i,j) of x[n, i · s − p + a, j · s − p + b, c]).
  ///
  /// **Shapes**: x: N×H×W×C; y: N×I×J×C. W(i,j) are the positions of the window inside of x; a
  /// window of padding alone gives the lower bound of `range`.
  package static func maximum(
    _ x: TensorView<Int8>, into y: TensorView<Int8>, _ geometry: PoolingGeometry,
    range: ClosedRange<Int8> = Int8.min...Int8.max, pool: ThreadPool
  ) { reduce(x, y, geometry, range, Maximum(), pool: pool) }

  /// y[n,i,j,c] = clamp(mean over (a, b) in W(i,j) of x[n, i · s − p + a, j · s − p + b, c]),
  /// rounded to the nearest, halves away from zero.
  ///
  /// **Numbers**: the magnitude is ⌊(|Σ| + t) / |W|⌋ with t = ⌊|W| / 2⌋, computed as (|Σ| + t + ½)
  /// / |W| in single precision and rounded down. That is exact for |W| ≤ 2¹⁴: the numerator is
  /// below 2²² + 1, and the quotient is at least 2⁻¹⁵ away from an integer, its rounding error at
  /// most 2⁻¹⁷. **Edge cases**: a window of padding alone gives 0.
  package static func average(
    _ x: TensorView<Int8>, into y: TensorView<Int8>, _ geometry: PoolingGeometry,
    range: ClosedRange<Int8> = Int8.min...Int8.max, pool: ThreadPool
  ) {
    precondition(
      geometry.kernelHeight * geometry.kernelWidth <= 1 << 14, "a window has at most 2¹⁴ positions")
    reduce(x, y, geometry, range, Average(), pool: pool)
  }

  /// The part of one window that lies inside of the input.
  private struct Window {
    let x: TensorView<Int8>
    /// The channels of its first pixel.
    let first: UnsafeMutablePointer<Int8>
    let height: Int
    let width: Int

    /// Runs `body` with the bytes of each position, from channel `c` on.
    @inline(__always) func forEachTap(channel c: Int, _ body: (IntegerVector) -> Void) {
      var row = first + c
      for _ in 0..<height {
        var tap = row
        for _ in 0..<width {
          body(IntegerVector(signedBytesAt: tap))
          tap += x.pixelStride
        }
        row += x.width * x.pixelStride
      }
    }
  }

  /// What becomes of the bytes of a window: a type, so that loops are compiled with it inlined.
  private protocol Reduction {
    var initial: Int32 { get }
    func combine(_ so: IntegerVector, _ next: IntegerVector) -> IntegerVector
    func finish(_ result: IntegerVector, count: Int) -> IntegerVector
  }

  private struct Maximum: Reduction {
    var initial: Int32 { Int32(Int8.min) }
    @inline(__always) func combine(_ so: IntegerVector, _ next: IntegerVector) -> IntegerVector {
      so.maximum(next)
    }
    @inline(__always) func finish(_ result: IntegerVector, count: Int) -> IntegerVector { result }
  }

  private struct Average: Reduction {
    var initial: Int32 { 0 }
    @inline(__always) func combine(_ so: IntegerVector, _ next: IntegerVector) -> IntegerVector {
      so &+ next
    }
    @inline(__always) func finish(_ result: IntegerVector, count: Int) -> IntegerVector {
      let count = max(1, count)
      let floats = ocelli_to_floats(result)
      let numerator = floats.magnitudes + (Float(count / 2) + 0.5)
      return ocelli_truncate((numerator / Float(count)).withSigns(of: floats))
    }
  }

  /// Reduces each window, in parallel over rows of the output.
  private static func reduce(
    _ x: TensorView<Int8>, _ y: TensorView<Int8>, _ geometry: PoolingGeometry,
    _ range: ClosedRange<Int8>, _ reduction: some Reduction, pool: ThreadPool
  ) {
    precondition(x.batch == y.batch && x.channels == y.channels, "pooling keeps batch and channels")
    let low = IntegerVector(repeating: Int32(range.lowerBound))
    let high = IntegerVector(repeating: Int32(range.upperBound))
    let initial = IntegerVector(repeating: reduction.initial)
    let taps = geometry.kernelHeight * geometry.kernelWidth
    let grain = max(1, VectorLoop.chunkElements / max(1, y.width * y.channels * taps))
    pool.forEachRange(of: y.batch * y.height, grain: grain) { rows, _ in
      for row in rows {
        let (n, i) = (row / y.height, row % y.height)
        let a = geometry.kernelRows(ofOutputRow: i, inputHeight: x.height)
        let top = i * geometry.strideHeight - geometry.paddingTop + a.lowerBound
        for j in 0..<y.width {
          let b = geometry.kernelColumns(ofOutputColumn: j, inputWidth: x.width)
          let left = j * geometry.strideWidth - geometry.paddingLeft + b.lowerBound
          let window = Window(x: x, first: x.pixel(n, top, left), height: a.count, width: b.count)
          let target = y.pixel(n, i, j)
          WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
            var result = initial
            window.forEachTap(channel: c) { result = reduction.combine(result, $0) }
            reduction.finish(result, count: window.height * window.width).maximum(low).minimum(high)
              .storeBytes(first: lanes, to: target + c)
          }
        }
      }
    }
  }
}
