// SPDX-License-Identifier: Apache-2.0

/// Maximum over windows:
///
///     y[n,i,j,c] = max over (a, b) of x[n, i · s − p + a, j · s − p + b, c]
package enum MaxPool {
  /// The equation in double precision.
  package static func reference(
    _ x: TensorView<Double>, into y: TensorView<Double>, _ geometry: PoolingGeometry
  ) { geometry.reduceWindows(x, into: y) { $0.reduce(-.infinity, max) } }

  /// **Shapes**: x: N×H×W×C; y: N×I×J×C, of any I and J whose windows touch the input.
  ///
  /// **Edge cases**: padding never wins, and a window of padding alone gives −∞. Of equal values
  /// the first in reading order wins; NaN wins over numbers, the last one if there are several: as
  /// in PyTorch.
  ///
  /// `selected` receives, densely as N×I×J×C, the position a · kernelWidth + b of each maximum:
  /// what the gradient needs. **Cost**: one read of x, one write of y and of a byte per element of
  /// y.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ geometry: PoolingGeometry,
    selected: UnsafeMutablePointer<UInt8>?, pool: ThreadPool
  ) {
    geometry.check()
    precondition(x.hasBatchAndChannels(of: y), "pooling keeps batch and channels")
    let isHalving = geometry.isHalving(
      inputHeight: x.height, inputWidth: x.width, outputHeight: y.height, outputWidth: y.width)
    WindowLoop.forEachRow(of: y, pool: pool) { n, i in
      let positions = selected.map { $0 + (n * y.height + i) * y.width * y.channels }
      if isHalving {
        halveRow(x, into: y, n, i, selected: positions)
      } else {
        poolRow(x, into: y, geometry, n, i, selected: positions)
      }
    }
  }

  /// The maximum so far and where it was.
  private struct Best {
    var value: Vector
    var position: IntegerVector

    /// Takes the lanes of `candidate` that are larger or NaN.
    @inline(__always) mutating func consider(_ candidate: Vector, at index: Int32) {
      let wins = (candidate .> value) .| (candidate .!= candidate)
      value.replace(with: candidate, where: wins)
      position.replace(with: index, where: wins)
    }
  }

  /// One output row with windows anywhere.
  private static func poolRow(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ geometry: PoolingGeometry, _ n: Int,
    _ i: Int, selected: UnsafeMutablePointer<UInt8>?
  ) {
    let rows = geometry.kernelRows(ofOutputRow: i, inputHeight: x.height)
    let top = i * geometry.strideHeight - geometry.paddingTop
    for j in 0..<y.width {
      let columns = geometry.kernelColumns(ofOutputColumn: j, inputWidth: x.width)
      let left = j * geometry.strideWidth - geometry.paddingLeft
      let target = y.pixel(n, i, j)
      WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
        // The first position wins against padding even where it is −∞ itself.
        let first = rows.lowerBound * geometry.kernelWidth + columns.lowerBound
        var best = Best(
          value: Vector(repeating: -.infinity), position: IntegerVector(repeating: Int32(first)))
        for a in rows {
          for b in columns {
            best.consider(
              Vector(at: x.pixel(n, top + a, left + b) + c), at: Int32(a * geometry.kernelWidth + b)
            )
          }
        }
        best.value.store(first: lanes, to: target + c)
        if let selected {
          best.position.storeBytes(first: lanes, to: selected + j * y.channels + c)
        }
      }
    }
  }

  /// One output row of 2×2 windows with stride 2, all inside.
  private static func halveRow(
    _ x: TensorView<Float>, into y: TensorView<Float>, _ n: Int, _ i: Int,
    selected: UnsafeMutablePointer<UInt8>?
  ) {
    for j in 0..<y.width {
      let upper = x.pixel(n, 2 * i, 2 * j)
      let lower = x.pixel(n, 2 * i + 1, 2 * j)
      let target = y.pixel(n, i, j)
      WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
        var best = Best(value: Vector(at: upper + c), position: IntegerVector(repeating: 0))
        best.consider(Vector(at: upper + x.pixelStride + c), at: 1)
        best.consider(Vector(at: lower + c), at: 2)
        best.consider(Vector(at: lower + x.pixelStride + c), at: 3)
        best.value.store(first: lanes, to: target + c)
        if let selected {
          best.position.storeBytes(first: lanes, to: selected + j * y.channels + c)
        }
      }
    }
  }
}

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
        inputHeight: dx.height, inputWidth: dx.width, outputHeight: dy.height, outputWidth: dy.width
      ) && dx.height == 2 * dy.height && dx.width == 2 * dy.width
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
            let isHere = IntegerVector(bytes: lanes, at: positions).isByte(
              a * geometry.kernelWidth + b)
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
    _ value: Vector, where isHere: SIMDMask<IntegerVector>, at target: UnsafeMutablePointer<Float>,
    _ lanes: Int, _ accumulate: Bool
  ) {
    let share = Vector(repeating: 0).replacing(with: value, where: isHere)
    (accumulate ? share + Vector(at: target) : share).store(first: lanes, to: target)
  }
}
