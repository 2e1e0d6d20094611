// SPDX-License-Identifier: Apache-2.0

/// Moving activations between tensors and slices of tensors.
package enum Copy {
  /// y = x, or y += x with `accumulate`. **Shapes**: equal, pixel strides may differ.
  package static func run(
    _ source: TensorView<Float>, into target: TensorView<Float>, accumulate: Bool, pool: ThreadPool
  ) {
    precondition(source.hasShape(of: target), "a copy keeps the shape")
    VectorLoop.forEachRun(
      pixels: target.pixelCount, channels: target.channels,
      isContiguous: source.isContiguous && target.isContiguous, pool: pool
    ) { pixel, count in
      VectorLoop.map(
        source.pixel(pixel), into: target.pixel(pixel), count: count, accumulate: accumulate
      ) { $0 }
    }
  }

  /// y = value, in all elements and not in the gaps between pixels.
  package static func fill(_ target: TensorView<Float>, with value: Float, pool: ThreadPool) {
    VectorLoop.forEachRun(
      pixels: target.pixelCount, channels: target.channels, isContiguous: target.isContiguous,
      pool: pool
    ) { pixel, count in target.pixel(pixel).update(repeating: value, count: count) }
  }
}

/// The same elements in NHWC order, in other extents.
package enum Reshape {
  /// The k-th element of y is that of x, as for ``Copy``.
  package static func reference<Element>(_ x: TensorView<Element>, into y: TensorView<Element>) {
    for k in 0..<x.elementCount {
      y.pixel(k / y.channels)[k % y.channels] = x.pixel(k / x.channels)[k % x.channels]
    }
  }

  /// y = x. **Shapes**: as many elements in each; pixel strides may differ.
  package static func copy<Element>(_ x: TensorView<Element>, into y: TensorView<Element>) {
    forEachRun(x, y) { source, target, count in target.update(from: source, count: count) }
  }

  /// ∂L/∂x = ∂L/∂y, or += with `accumulate`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool
  ) {
    forEachRun(dy, dx) { source, target, count in
      VectorLoop.map(source, into: target, count: count, accumulate: accumulate) { $0 }
    }
  }

  /// Runs `body(x, y, count)` for stretches of elements that lie together in both.
  private static func forEachRun<Element>(
    _ x: TensorView<Element>, _ y: TensorView<Element>,
    _ body: (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>, Int) -> Void
  ) {
    precondition(x.elementCount == y.elementCount, "reshaping keeps all elements")
    if x.isContiguous && y.isContiguous { return body(x.base, y.base, x.elementCount) }
    var done = 0
    while done < x.elementCount {
      let (a, b) = (done % x.channels, done % y.channels)
      let count = min(x.channels - a, y.channels - b)
      body(x.pixel(done / x.channels) + a, y.pixel(done / y.channels) + b, count)
      done += count
    }
  }
}
