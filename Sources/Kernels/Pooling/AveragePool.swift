// SPDX-License-Identifier: Apache-2.0

/// Mean over windows, of the input pixels alone: padding is not counted, as in TFLite.
///
///     y[n,i,j,c] = 1/|W(i,j)| · Σ over (a, b) in W(i,j) of x[n, i · s − p + a, j · s − p + b, c]
package enum AveragePool {
  /// The equation in double precision.
  package static func reference(
    _ x: TensorView<Double>, into y: TensorView<Double>, _ geometry: PoolingGeometry
  ) { geometry.reduceWindows(x, into: y) { $0.reduce(0, +) / Double(max(1, $0.count)) } }

  /// **Shapes**: as in ``MaxPool/forward``. A window of padding alone gives 0.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ geometry: PoolingGeometry, pool: ThreadPool
  ) {
    precondition(x.hasBatchAndChannels(of: y), "pooling keeps batch and channels")
    WindowLoop.forEachRow(of: y, pool: pool) { n, i in
      let rows = geometry.kernelRows(ofOutputRow: i, inputHeight: x.height)
      let top = i * geometry.strideHeight - geometry.paddingTop
      for j in 0..<y.width {
        let columns = geometry.kernelColumns(ofOutputColumn: j, inputWidth: x.width)
        let left = j * geometry.strideWidth - geometry.paddingLeft
        let share = 1 / Float(max(1, rows.count * columns.count))
        let target = y.pixel(n, i, j)
        WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
          var sum = Vector(repeating: 0)
          for a in rows {
            for b in columns { sum += Vector(at: x.pixel(n, top + a, left + b) + c) }
          }
          (sum * share).store(first: lanes, to: target + c)
        }
      }
    }
  }

  /// ∂L/∂x[n,y,x,c] = Σ over the windows (i, j) that cover it of ∂L/∂y[n,i,j,c] / |W(i,j)|, or +=
  /// with `accumulate`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool,
    _ geometry: PoolingGeometry, pool: ThreadPool
  ) {
    precondition(dx.hasBatchAndChannels(of: dy), "pooling keeps batch and channels")
    WindowLoop.forEachRow(of: dx, pool: pool) { n, y in
      let rows = geometry.outputRows(coveringInputRow: y, outputHeight: dy.height)
      for x in 0..<dx.width {
        let columns = geometry.outputColumns(coveringInputColumn: x, outputWidth: dy.width)
        let target = dx.pixel(n, y, x)
        WindowLoop.forEachChannelVector(of: dx.channels) { c, lanes in
          var sum = accumulate ? Vector(at: target + c) : Vector(repeating: 0)
          for i in rows {
            let height = geometry.kernelRows(ofOutputRow: i, inputHeight: dx.height).count
            for j in columns {
              let width = geometry.kernelColumns(ofOutputColumn: j, inputWidth: dx.width).count
              sum += Vector(at: dy.pixel(n, i, j) + c) * (1 / Float(height * width))
            }
          }
          sum.store(first: lanes, to: target + c)
        }
      }
    }
  }
}
