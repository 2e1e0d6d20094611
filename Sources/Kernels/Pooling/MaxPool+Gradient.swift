// SPDX-License-Identifier: Apache-2.0

extension MaxPool {
  /// ∂L/∂x[n,y,x,c] = Σ over the windows (i, j) whose maximum is there of ∂L/∂y[n,i,j,c], or +=
  /// with `accumulate`.
  ///
  /// `selected` is what the forward pass wrote. Each input pixel gathers from the windows that
  /// cover it, so nothing is written twice.
  package static func gradient(
    of dy: TensorView<Float>, selected: UnsafePointer<UInt8>, into dx: TensorView<Float>,
    accumulate: Bool, _ geometry: PoolingGeometry, pool: ThreadPool
  ) {
    geometry.check()
    precondition(dx.hasBatchAndChannels(of: dy), "pooling keeps batch and channels")
    let isHalving =
      geometry.isHalving(
        inputHeight: dx.height, inputWidth: dx.width, outputHeight: dy.height,
        outputWidth: dy.width)
      && dx.height == 2 * dy.height && dx.width == 2 * dy.width
    if isHalving {
      WindowLoop.forEachRow(of: dy, pool: pool) { n, i in
        doubleRow(of: dy, selected: selected, into: dx, accumulate: accumulate, n, i)
      }
    } else {
      WindowLoop.forEachRow(of: dx, pool: pool) { n, y in
        gatherRow(of: dy, selected: selected, into: dx, accumulate: accumulate, geometry, n, y)
      }
    }
  }

  /// One row of ∂L/∂x with windows anywhere.
  private static func gatherRow(
    of dy: TensorView<Float>, selected: UnsafePointer<UInt8>, into dx: TensorView<Float>,
    accumulate: Bool, _ geometry: PoolingGeometry, _ n: Int, _ y: Int
  ) {
    let rows = geometry.outputRows(coveringInputRow: y, outputHeight: dy.height)
    for x in 0..<dx.width {
      let columns = geometry.outputColumns(coveringInputColumn: x, outputWidth: dy.width)
      let target = dx.pixel(n, y, x)
      WindowLoop.forEachChannelVector(of: dx.channels) { c, lanes in
        var sum = accumulate ? Vector(at: target + c) : Vector(repeating: 0)
        for i in rows {
          let a = y + geometry.paddingTop - i * geometry.strideHeight
          for j in columns {
            let b = x + geometry.paddingLeft - j * geometry.strideWidth
            let positions = selected + ((n * dy.height + i) * dy.width + j) * dy.channels + c
            let isHere =
              IntegerVector(bytes: lanes, at: positions).isByte(a * geometry.kernelWidth + b)
            sum += Vector(repeating: 0).replacing(
              with: Vector(at: dy.pixel(n, i, j) + c), where: isHere)
          }
        }
        sum.store(first: lanes, to: target + c)
      }
    }
  }

  /// The two rows of ∂L/∂x under row `i` of ∂L/∂y, for 2×2 windows with stride 2 that cover the
  /// input exactly.
  private static func doubleRow(
    of dy: TensorView<Float>, selected: UnsafePointer<UInt8>, into dx: TensorView<Float>,
    accumulate: Bool, _ n: Int, _ i: Int
  ) {
    let stride = dx.pixelStride
    for j in 0..<dy.width {
      let upper = dx.pixel(n, 2 * i, 2 * j)
      let lower = dx.pixel(n, 2 * i + 1, 2 * j)
      let source = dy.pixel(n, i, j)
      let positions = selected + ((n * dy.height + i) * dy.width + j) * dy.channels
      WindowLoop.forEachChannelVector(of: dy.channels) { c, lanes in
        let value = Vector(at: source + c)
        let position = IntegerVector(bytes: lanes, at: positions + c)
        put(value, where: position.isByte(0), at: upper + c, lanes, accumulate)
        put(value, where: position.isByte(1), at: upper + stride + c, lanes, accumulate)
        put(value, where: position.isByte(2), at: lower + c, lanes, accumulate)
        put(value, where: position.isByte(3), at: lower + stride + c, lanes, accumulate)
      }
    }
  }

  @inline(__always) private static func put(
    _ value: Vector, where isHere: SIMDMask<IntegerVector>,
    at target: UnsafeMutablePointer<Float>, _ lanes: Int, _ accumulate: Bool
  ) {
    let share = Vector(repeating: 0).replacing(with: value, where: isHere)
    (accumulate ? share + Vector(at: target) : share).store(first: lanes, to: target)
  }
}
