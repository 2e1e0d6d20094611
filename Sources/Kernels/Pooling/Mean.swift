// SPDX-License-Identifier: Apache-2.0

/// y = mean of x over any of height, width and channels, which stay as extents of 1.
package enum Mean {
  /// The equation in double precision.
  package static func reference(_ x: TensorView<Double>, into y: TensorView<Double>, axes: MeanAxes)
  {
    y.forEachIndex { n, i, j, c in
      var sum = 0.0
      for a in axes.height ? 0..<x.height : i..<i + 1 {
        for b in axes.width ? 0..<x.width : j..<j + 1 {
          for k in axes.channels ? 0..<x.channels : c..<c + 1 { sum += x[n, a, b, k] }
        }
      }
      y[n, i, j, c] = sum / Double(axes.count(x))
    }
  }

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

/// The extents that a mean is taken over; those of the output are 1.
package struct MeanAxes: Equatable, Sendable {
  package var height: Bool
  package var width: Bool
  package var channels: Bool

  package init(height: Bool = false, width: Bool = false, channels: Bool = false) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Elements of `x` that make one of the output.
  func count<Element>(_ x: TensorView<Element>) -> Int {
    (height ? x.height : 1) * (width ? x.width : 1) * (channels ? x.channels : 1)
  }

  /// Runs `body(x, y)` with the first pixel of each block of pixels that makes one output pixel,
  /// and with that, in parallel.
  @inline(__always) func forEachOutput<Input, Output>(
    _ x: TensorView<Input>, _ y: TensorView<Output>, pool: ThreadPool,
    _ body: (_ x: UnsafeMutablePointer<Input>, _ y: UnsafeMutablePointer<Output>) -> Void
  ) {
    precondition(
      y.batch == x.batch && y.height == (height ? 1 : x.height) && y.width == (width ? 1 : x.width)
        && y.channels == (channels ? 1 : x.channels), "a mean leaves the other extents")
    let grain = max(1, VectorLoop.chunkElements * y.pixelCount / max(1, x.elementCount))
    pool.forEachRange(of: y.pixelCount, grain: grain) { pixels, _ in
      for pixel in pixels {
        let row = pixel / y.width
        body(x.pixel(row / y.height, row % y.height, pixel % y.width), y.pixel(pixel))
      }
    }
  }

  /// Runs `body` with the channels of each pixel of a block that begins at `first`.
  @inline(__always) func forEachPixel<Element>(
    of x: TensorView<Element>, from first: UnsafeMutablePointer<Element>,
    _ body: (UnsafeMutablePointer<Element>) -> Void
  ) {
    for a in 0..<(height ? x.height : 1) {
      for b in 0..<(width ? x.width : 1) { body(first + (a * x.width + b) * x.pixelStride) }
    }
  }
}
