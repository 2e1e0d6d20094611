// SPDX-License-Identifier: Apache-2.0

/// A tensor made of parts that stand one after the other along one axis.
package enum Concatenation {
  /// The extent along which parts stand one after the other.
  package typealias Axis = TensorAxis

  /// Elements of a view along an axis: how far the next part is.
  package static func extent<Element>(_ part: TensorView<Element>, along axis: Axis) -> Int {
    switch axis {
    case .height: part.height
    case .width: part.width
    case .channels: part.channels
    }
  }

  /// The equation of `join`, element by element.
  package static func reference<Element>(
    _ part: TensorView<Element>, into whole: TensorView<Element>, at offset: Int, along axis: Axis
  ) {
    part.forEachIndex { n, i, j, c in
      switch axis {
      case .height: whole[n, i + offset, j, c] = part[n, i, j, c]
      case .width: whole[n, i, j + offset, c] = part[n, i, j, c]
      case .channels: whole[n, i, j, c + offset] = part[n, i, j, c]
      }
    }
  }

  /// whole[.., offset ..< offset + extent, ..] = part. Nothing is done where the part lies there
  /// already.
  package static func join<Element>(
    _ part: TensorView<Element>, into whole: TensorView<Element>, at offset: Int, along axis: Axis,
    pool: ThreadPool
  ) {
    if axis == .channels && part.base == whole.base + offset { return }
    forEachPixelRun(part, whole, at: offset, along: axis, pool: pool) { part, whole, count in
      whole.update(from: part, count: count)
    }
  }

  /// ∂L/∂part from ∂L/∂whole: added when `accumulate`, else overwritten.
  package static func gradient(
    of whole: TensorView<Float>, at offset: Int, along axis: Axis, into part: TensorView<Float>,
    accumulate: Bool, pool: ThreadPool
  ) {
    if axis == .channels && part.base == whole.base + offset { return }
    forEachPixelRun(part, whole, at: offset, along: axis, pool: pool) { part, whole, count in
      VectorLoop.map(whole, into: part, count: count, accumulate: accumulate) { $0 }
    }
  }

  /// Runs `body(part, whole, count)` for stretches of elements that lie together in both.
  private static func forEachPixelRun<Element>(
    _ part: TensorView<Element>, _ whole: TensorView<Element>, at offset: Int, along axis: Axis,
    pool: ThreadPool,
    _ body: (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>, Int) -> Void
  ) {
    let isWhole = part.isContiguous && whole.isContiguous && axis != .channels
    let rowBytes = part.width * part.channels * MemoryLayout<Element>.stride
    let grain = max(1, 16_384 / max(1, rowBytes))
    pool.forEachRange(of: part.batch * part.height, grain: grain) { rows, _ in
      for row in rows {
        let (n, y) = (row / part.height, row % part.height)
        let source = part.pixel(n, y, 0)
        let target =
          switch axis {
          case .height: whole.pixel(n, y + offset, 0)
          case .width: whole.pixel(n, y, offset)
          case .channels: whole.pixel(n, y, 0) + offset
          }
        if isWhole {
          body(source, target, part.width * part.channels)
        } else {
          for x in 0..<part.width {
            body(source + x * part.pixelStride, target + x * whole.pixelStride, part.channels)
          }
        }
      }
    }
  }
}
