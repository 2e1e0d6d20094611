// SPDX-License-Identifier: Apache-2.0

/// An axis of one example.
public enum TensorAxis: Int, Equatable, Sendable { case height, width, channels }

/// Exchange of height, width and channels.
package enum Transpose {
  package typealias Axis = TensorAxis

  /// The equation, element by element.
  package static func reference<Element>(
    _ x: TensorView<Element>, into y: TensorView<Element>, order: (Axis, Axis, Axis)
  ) {
    x.forEachIndex { n, i, j, c in
      let k = [i, j, c]
      y[n, k[order.0.rawValue], k[order.1.rawValue], k[order.2.rawValue]] = x[n, i, j, c]
    }
  }

  /// y[n, k₀, k₁, k₂] = x[n, …] with axis `order[a]` of x at kₐ, of elements of any type.
  ///
  /// **Shapes**: extent a of y is extent `order[a]` of x. **Preconditions**: `order` has each axis
  /// once.
  package static func apply<Element>(
    _ x: TensorView<Element>, into y: TensorView<Element>, order: (Axis, Axis, Axis),
    pool: ThreadPool
  ) {
    let extents = [x.height, x.width, x.channels]
    let strides = [x.width * x.pixelStride, x.pixelStride, 1]
    let (a, b, c) = (order.0.rawValue, order.1.rawValue, order.2.rawValue)
    precondition(a != b && b != c && a != c, "an order has each axis once")
    precondition(
      x.batch == y.batch && y.height == extents[a] && y.width == extents[b]
        && y.channels == extents[c], "a transposition keeps the extents")
    let (rowStride, columnStride, step) = (strides[a], strides[b], strides[c])
    let grain = max(1, VectorLoop.chunkElements / max(1, y.width * y.channels))
    pool.forEachRange(of: y.batch * y.height, grain: grain) { rows, _ in
      for row in rows {
        let (n, i) = (row / y.height, row % y.height)
        for j in 0..<y.width {
          let source = x.pixel(n, 0, 0) + i * rowStride + j * columnStride
          let target = y.pixel(n, i, j)
          if step == 1 {
            target.update(from: source, count: y.channels)
          } else {
            for k in 0..<y.channels { target[k] = source[k * step] }
          }
        }
      }
    }
  }
}

extension Transpose {
  /// ∂L/∂x of ``apply(_:into:order:pool:)`` from ∂L/∂y: overwritten, or added to with `accumulate`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool,
    order: (Axis, Axis, Axis)
  ) {
    let strides = [dx.width * dx.pixelStride, dx.pixelStride, 1]
    let (a, b, c) = (order.0.rawValue, order.1.rawValue, order.2.rawValue)
    for n in 0..<dy.batch {
      for i in 0..<dy.height {
        for j in 0..<dy.width {
          let source = dy.pixel(n, i, j)
          let target = dx.pixel(n, 0, 0) + i * strides[a] + j * strides[b]
          for k in 0..<dy.channels {
            let old = accumulate ? target[k * strides[c]] : 0
            target[k * strides[c]] = old + source[k]
          }
        }
      }
    }
  }
}
