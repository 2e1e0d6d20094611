// SPDX-License-Identifier: Apache-2.0

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
        for i in rows {
          for j in columns { sum += Vector(at: dy.pixel(n, i, j) + c) }
        }
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
