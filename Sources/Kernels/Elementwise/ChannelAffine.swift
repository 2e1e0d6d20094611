// SPDX-License-Identifier: Apache-2.0

/// A multiplier and a shift for each channel: input normalisation, and batch normalisation in
/// inference.
package enum ChannelAffine {
  /// y[·,c] = f(m[c] · x[·,c] + s[c]) in double precision.
  package static func reference(
    _ x: TensorView<Double>, multiplier m: [Double], shift s: [Double],
    activation: ActivationFunction?, into y: TensorView<Double>
  ) {
    y.forEachIndex { n, i, j, c in y[n, i, j, c] = activation.reference(m[c] * x[n, i, j, c] + s[c])
    }
  }

  /// y[·,c] = f(m[c] · x[·,c] + s[c]); `activation` nil is the identity. `y` may be `x`.
  ///
  /// **Shapes**: x and y have the same; m and s have `channels` elements. **Cost**: one read, one
  /// write.
  package static func forward(
    _ x: TensorView<Float>, multiplier: UnsafePointer<Float>, shift: UnsafePointer<Float>,
    activation: ActivationFunction?, into y: TensorView<Float>, pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "a channel-wise map keeps the shape")
    let rows = ChannelRows(
      channels: y.channels, pixelCount: y.pixelCount, isContiguous: x.isContiguous && y.isContiguous
    )
    withRepeated(rows, multiplier, shift) { multiplier, shift in
      activation.specialize(
        Forward(x: x, y: y, multiplier: multiplier, shift: shift, rows: rows, pool: pool))
    }
  }

  /// ∂L/∂x[·,c] = m[c] · ∂L/∂y[·,c], or += with `accumulate`. `dx` may be `dy`.
  package static func gradient(
    of dy: TensorView<Float>, multiplier: UnsafePointer<Float>, into dx: TensorView<Float>,
    accumulate: Bool, pool: ThreadPool
  ) {
    precondition(dy.hasShape(of: dx), "a channel-wise map keeps the shape")
    let rows = ChannelRows(
      channels: dx.channels, pixelCount: dx.pixelCount,
      isContiguous: dx.isContiguous && dy.isContiguous)
    withRepeated(rows, multiplier, multiplier) { multiplier, _ in
      pool.forEach(rows.chunkCount) { chunk, _ in
        rows.forEachRow(ofChunk: chunk) { pixel, count in
          VectorLoop.map(
            dy.pixel(pixel), multiplier, into: dx.pixel(pixel), count: count, accumulate: accumulate
          ) { $0 * $1 }
        }
      }
    }
  }

  /// Calls `body` with both parameters repeated along a row, on the stack: a row of several pixels
  /// is short.
  private static func withRepeated(
    _ rows: ChannelRows, _ multiplier: UnsafePointer<Float>, _ shift: UnsafePointer<Float>,
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>) -> Void
  ) {
    guard rows.channels > 0 && rows.pixelsPerRow > 1 else { return body(multiplier, shift) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * rows.width) { buffer in
      guard let base = buffer.baseAddress else { return }
      rows.repeatValues(multiplier, into: base)
      rows.repeatValues(shift, into: base + rows.width)
      body(base, base + rows.width)
    }
  }

  private struct Forward: ActivationBody {
    let x: TensorView<Float>
    let y: TensorView<Float>
    let multiplier: UnsafePointer<Float>
    let shift: UnsafePointer<Float>
    let rows: ChannelRows
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      pool.forEach(rows.chunkCount) { chunk, _ in
        rows.forEachRow(ofChunk: chunk) { pixel, count in
          VectorLoop.map(x.pixel(pixel), multiplier, shift, into: y.pixel(pixel), count: count) {
            function.value($0 * $1 + $2)
          }
        }
      }
    }
  }
}
