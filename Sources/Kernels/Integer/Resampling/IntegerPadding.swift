// SPDX-License-Identifier: Apache-2.0

/// Growing a tensor at its borders, of elements of any type: TensorFlow Lite's PAD, PADV2 and
/// MIRROR_PAD.
package enum IntegerPadding {
  /// What stands outside.
  package enum Mode<Element: Equatable & Sendable>: Equatable, Sendable {
    /// The same value everywhere; that of PAD is the zero point.
    case constant(Element)
    /// The tensor mirrored at the centres of its border elements, which are not repeated. Growth is
    /// less than the extent.
    case reflect
    /// The tensor mirrored at its edges, border elements repeated. Growth is at most the extent.
    case symmetric
  }

  /// The equation, element by element.
  package static func reference<Element: Equatable>(
    _ x: TensorView<Element>, into y: TensorView<Element>, top: Int, left: Int, front: Int = 0,
    mode: Mode<Element>
  ) {
    /// `k`, or its reflection at the border that it lies beyond: nothing is repeated for `reflect`,
    /// the border itself for `symmetric`.
    func inside(_ k: Int, _ extent: Int) -> Int {
      let repeats = mode == .symmetric ? 1 : 0
      return k < 0 ? -k - repeats : k >= extent ? 2 * (extent - 1) - k + repeats : k
    }
    y.forEachIndex { n, i, j, c in
      let (row, column, channel) = (i - top, j - left, c - front)
      if case .constant(let value) = mode,
        !(0..<x.height ~= row && 0..<x.width ~= column && 0..<x.channels ~= channel)
      {
        y[n, i, j, c] = value
      } else {
        y[n, i, j, c] =
          x[n, inside(row, x.height), inside(column, x.width), inside(channel, x.channels)]
      }
    }
  }

  /// y[n,i,j,c] = x[n, i − top, j − left, c − front]. **Shapes**: x: N×H×W×C, y: N×I×J×D; growth at
  /// the other ends is what the sizes leave.
  package static func apply<Element: Equatable>(
    _ x: TensorView<Element>, into y: TensorView<Element>, top: Int, left: Int, front: Int = 0,
    mode: Mode<Element>, pool: ThreadPool
  ) {
    precondition(x.batch == y.batch, "padding keeps the batch")
    let grain = max(1, VectorLoop.chunkElements / max(1, y.width * y.channels))
    pool.forEachRange(of: y.batch * y.height, grain: grain) { rows, _ in
      for index in rows {
        let (n, i) = (index / y.height, index % y.height)
        let row = source(i - top, extent: x.height, mode)
        for j in 0..<y.width {
          let column = source(j - left, extent: x.width, mode)
          let target = y.pixel(n, i, j)
          if let row, let column {
            copy(x.pixel(n, row, column), x.channels, into: target, y.channels, front, mode)
          } else if case .constant(let value) = mode {
            target.update(repeating: value, count: y.channels)
          }
        }
      }
    }
  }

  /// One pixel, from channel `front` on, with what stands before and behind.
  private static func copy<Element: Equatable>(
    _ source: UnsafePointer<Element>, _ count: Int, into target: UnsafeMutablePointer<Element>,
    _ targetCount: Int, _ front: Int, _ mode: Mode<Element>
  ) {
    (target + front).update(from: source, count: count)
    for c in 0..<front { target[c] = outside(source, c - front, count, mode) }
    for c in front + count..<max(front + count, targetCount) {
      target[c] = outside(source, c - front, count, mode)
    }
  }

  private static func outside<Element: Equatable>(
    _ source: UnsafePointer<Element>, _ position: Int, _ count: Int, _ mode: Mode<Element>
  ) -> Element {
    if case .constant(let value) = mode { return value }
    return source[IntegerPadding.source(position, extent: count, mode) ?? 0]
  }

  /// The input position that `position`, counted from the border, is a copy of.
  private static func source<Element>(_ position: Int, extent: Int, _ mode: Mode<Element>) -> Int? {
    if position >= 0 && position < extent { return position }
    switch mode {
    case .constant: return nil
    case .reflect:
      precondition(-extent < position && position < 2 * extent - 1, "a reflection is smaller")
      return position < 0 ? -position : 2 * (extent - 1) - position
    case .symmetric:
      precondition(-extent <= position && position < 2 * extent, "a reflection is not larger")
      return position < 0 ? -position - 1 : 2 * extent - 1 - position
    }
  }
}
