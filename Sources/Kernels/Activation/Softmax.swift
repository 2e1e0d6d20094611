// SPDX-License-Identifier: Apache-2.0

/// The softmax over the channels of each pixel: y[·,c] = e^x[·,c] / Σ over k of e^x[·,k].
package enum Softmax {
  /// The equation in double precision.
  package static func reference(_ x: TensorView<Double>, into y: TensorView<Double>) {
    for pixel in 0..<x.pixelCount {
      let (x, target) = (x.pixel(pixel), y.pixel(pixel))
      var sum = 0.0
      for k in 0..<y.channels { sum += ElementaryFunctions.doubleExp(x[k]) }
      for c in 0..<y.channels { target[c] = ElementaryFunctions.doubleExp(x[c]) / sum }
    }
  }

  /// **Shapes**: x and y have the same. `y` may be `x`. The largest x is subtracted first, so
  /// nothing overflows.
  package static func forward(_ x: TensorView<Float>, into y: TensorView<Float>, pool: ThreadPool) {
    precondition(x.hasShape(of: y), "softmax keeps the shape")
    VectorLoop.forEachRun(
      pixels: y.pixelCount, channels: y.channels, isContiguous: false, pool: pool
    ) { pixel, count in
      let target = y.pixel(pixel)
      let sum = exponentials(x.pixel(pixel), into: target, count: count).sum
      VectorLoop.map(target, into: target, count: count) { $0 / sum }
    }
  }

  /// ∂L/∂x[·,c] = y[·,c] · (∂L/∂y[·,c] − Σ over k of y[·,k] · ∂L/∂y[·,k]), or += with `accumulate`.
  /// `dx` may be `dy`.
  package static func gradient(
    output y: TensorView<Float>, of dy: TensorView<Float>, into dx: TensorView<Float>,
    accumulate: Bool, pool: ThreadPool
  ) {
    precondition(y.hasShape(of: dy) && dx.hasShape(of: dy), "softmax keeps the shape")
    VectorLoop.forEachRun(
      pixels: dx.pixelCount, channels: dx.channels, isContiguous: false, pool: pool
    ) { pixel, count in
      let output = y.pixel(pixel)
      let gradient = dy.pixel(pixel)
      var products = Vector(repeating: 0)
      VectorLoop.forEachVector(of: count) { i in
        products += Vector(at: output + i) * Vector(at: gradient + i)
      } rest: { i, lanes in
        products += Vector(first: lanes, at: output + i) * Vector(first: lanes, at: gradient + i)
      }
      let mean = products.total
      VectorLoop.map(output, gradient, into: dx.pixel(pixel), count: count, accumulate: accumulate)
      { $0 * ($1 - mean) }
    }
  }

  /// Writes e^(x − maximum) for one pixel, and gives the maximum and the sum.
  @inline(__always) static func exponentials(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int
  ) -> (maximum: Float, sum: Float) {
    var largest = x[0]
    for c in 1..<max(1, count) where x[c] > largest { largest = x[c] }
    var sums = Vector(repeating: 0)
    VectorLoop.forEachVector(of: count) { i in
      let value = ElementaryFunctions.exp(Vector(at: x + i) - largest)
      value.store(to: y + i)
      sums += value
    } rest: { i, lanes in
      let value = ElementaryFunctions.exp(Vector(first: lanes, at: x + i) - largest)
      value.store(first: lanes, to: y + i)
      for lane in 0..<lanes { sums[lane] += value[lane] }
    }
    return (largest, sums.total)
  }
}

extension ElementaryFunctions {
  /// The softmax of a list of logits; empty of an empty one.
  package static func softmax(_ logits: [Float]) -> [Float] {
    guard var highest = logits.first else { return [] }
    for value in logits { highest = max(highest, value) }
    var values = logits
    var sum: Float = 0
    for index in values.indices {
      values[index] = exp(values[index] - highest)
      sum += values[index]
    }
    for index in values.indices { values[index] /= sum }
    return values
  }
}
