// SPDX-License-Identifier: Apache-2.0

/// Growing an image at its borders, or cropping it where the growth is negative.
package enum Padding {
  /// What stands outside of the image.
  package enum Mode: Equatable, Sendable {
    /// The same value everywhere.
    case constant(Float)
    /// The image mirrored at the centres of its border pixels, which are not repeated. Growth is
    /// less than the size.
    case reflect
  }

  /// The equation in double precision.
  package static func reference(
    _ x: TensorView<Double>, into y: TensorView<Double>, top: Int, left: Int, mode: Mode
  ) {
    let mode: IntegerPadding.Mode<Double> =
      if case .constant(let value) = mode { .constant(Double(value)) } else { .reflect }
    IntegerPadding.reference(x, into: y, top: top, left: left, mode: mode)
  }

  /// y[n,i,j,c] = x[n, i − top, j − left, c]. **Shapes**: x: N×H×W×C, y: N×I×J×C; growth below and
  /// to the right is what the sizes leave. Negative `top` and `left` crop.
  package static func forward(
    _ x: TensorView<Float>, into y: TensorView<Float>, top: Int, left: Int, mode: Mode,
    pool: ThreadPool
  ) {
    check(x, y, top: top, left: left, mode: mode)
    WindowLoop.forEachRow(of: y, pool: pool) { n, i in
      let row = source(i - top, size: x.height, mode)
      for j in 0..<y.width {
        let target = y.pixel(n, i, j)
        if let row, let column = source(j - left, size: x.width, mode) {
          let source = x.pixel(n, row, column)
          WindowLoop.forEachChannelVector(of: y.channels) { c, lanes in
            Vector(at: source + c).store(first: lanes, to: target + c)
          }
        } else if case .constant(let value) = mode {
          target.update(repeating: value, count: y.channels)
        }
      }
    }
  }

  /// ∂L/∂x[n,y,x,c] = Σ over the output pixels that are copies of it of ∂L/∂y, or += with
  /// `accumulate`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool, top: Int, left: Int,
    mode: Mode, pool: ThreadPool
  ) {
    check(dx, dy, top: top, left: left, mode: mode)
    WindowLoop.forEachRow(of: dx, pool: pool) { n, y in
      let rows = copies(of: y, size: dx.height, offset: top, outputSize: dy.height, mode)
      for x in 0..<dx.width {
        let columns = copies(of: x, size: dx.width, offset: left, outputSize: dy.width, mode)
        let target = dx.pixel(n, y, x)
        WindowLoop.forEachChannelVector(of: dx.channels) { c, lanes in
          var sum = accumulate ? Vector(at: target + c) : Vector(repeating: 0)
          for a in 0..<3 where rows[a] >= 0 {
            for b in 0..<3 where columns[b] >= 0 {
              sum += Vector(at: dy.pixel(n, Int(rows[a]), Int(columns[b])) + c)
            }
          }
          sum.store(first: lanes, to: target + c)
        }
      }
    }
  }

  private static func check(
    _ x: TensorView<Float>, _ y: TensorView<Float>, top: Int, left: Int, mode: Mode
  ) {
    precondition(x.hasBatchAndChannels(of: y), "padding keeps batch and channels")
    guard mode == .reflect else { return }
    precondition(
      top < x.height && left < x.width && y.height - top < 2 * x.height
        && y.width - left < 2 * x.width, "a reflection is smaller than the image")
  }

  /// The input position that output position `position`, counted from the image's border, is a copy
  /// of.
  @inline(__always) private static func source(_ position: Int, size: Int, _ mode: Mode) -> Int? {
    if position >= 0 && position < size { return position }
    guard mode == .reflect else { return nil }
    return position < 0 ? -position : 2 * (size - 1) - position
  }

  /// The output positions that are copies of input position `k`: itself and its two reflections, −1
  /// where there is none.
  @inline(__always) private static func copies(
    of k: Int, size: Int, offset: Int, outputSize: Int, _ mode: Mode
  ) -> SIMD4<Int32> {
    let mirrors = mode == .reflect
    let candidates: (Int, Int, Int) = (
      k + offset, mirrors && k > 0 ? offset - k : -1,
      mirrors && k < size - 1 ? offset + 2 * (size - 1) - k : -1
    )
    func valid(_ position: Int) -> Int32 {
      position >= 0 && position < outputSize ? Int32(position) : -1
    }
    return SIMD4(valid(candidates.0), valid(candidates.1), valid(candidates.2), -1)
  }
}
