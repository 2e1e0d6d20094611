// SPDX-License-Identifier: Apache-2.0

/// y = mean of x over any of height, width and channels, which stay as extents of 1.
package enum Mean {
  /// **Exactness**: sums are taken in single precision and in order, over channels after pixels.
  /// **Preconditions**: x has elements.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, axes: MeanAxes, pool: ThreadPool
  ) {
    let share = 1 / Float(axes.count(x))
    axes.forEachOutput(x, y, pool: pool) { first, target in
      var total: Float = 0
      VectorLoop.forEachVector(of: x.channels) { c in
        let sum = sum(x, from: first + c, axes)
        if axes.channels { total += sum.total } else { (sum * share).store(to: target + c) }
      } rest: { c, lanes in
        let sum = sum(x, from: first + c, axes)
        if axes.channels {
          for lane in 0..<lanes { total += sum[lane] }
        } else {
          (sum * share).store(first: lanes, to: target + c)
        }
      }
      if axes.channels { target[0] = total * share }
    }
  }

  /// Σ over the pixels of a block, of a vector of channels.
  @inline(__always) private static func sum(
    _ x: TensorView<Float>, from first: UnsafeMutablePointer<Float>, _ axes: MeanAxes
  ) -> Vector {
    var sum = Vector(repeating: 0)
    axes.forEachPixel(of: x, from: first) { sum += Vector(at: $0) }
    return sum
  }
}

extension Mean {
  /// ∂L/∂x = ∂L/∂y / n in each of the n elements that make y, or += with `accumulate`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool, axes: MeanAxes
  ) {
    let share = 1 / Float(axes.count(dx))
    for n in 0..<dx.batch {
      for i in 0..<dx.height {
        for j in 0..<dx.width {
          let source = dy.pixel(n, axes.height ? 0 : i, axes.width ? 0 : j)
          let target = dx.pixel(n, i, j)
          for c in 0..<dx.channels {
            let value = source[axes.channels ? 0 : c] * share
            target[c] = accumulate ? target[c] + value : value
          }
        }
      }
    }
  }
}
