// SPDX-License-Identifier: Apache-2.0

/// The loop of losses that are a mean over the elements of each example.
enum ExampleLoop {
  /// means[n] = Σ over example n of what `body(n, firstPixel, pixels)` gives, divided by its
  /// elements.
  ///
  /// Examples are cut into a number of chunks that the shape alone decides; `body` sums one of
  /// them.
  @inline(__always) static func mean(
    over view: TensorView<Float>, into means: UnsafeMutablePointer<Float>, pool: ThreadPool,
    _ body: (_ firstPixel: Int, _ pixels: Int) -> Double
  ) {
    guard view.elementCount > 0 else { return }
    let pixels = view.height * view.width
    let elements = pixels * view.channels
    let wanted = (elements + VectorLoop.chunkElements - 1) / VectorLoop.chunkElements
    // At most 64 chunks in all unless the batch is larger: their sums then fit on the stack.
    let chunks = max(1, min(wanted, pixels, 64 / view.batch))
    let grain = (pixels + chunks - 1) / chunks
    withUnsafeTemporaryAllocation(of: Double.self, capacity: view.batch * chunks) { buffer in
      guard let sums = buffer.baseAddress else { return }
      pool.forEach(view.batch * chunks) { item, _ in
        let first = min(pixels, item % chunks * grain)
        let count = min(grain, pixels - first)
        let sum = count > 0 ? body(item / chunks * pixels + first, count) : 0
        (sums + item).initialize(to: sum)
      }
      for n in 0..<view.batch {
        var sum = 0.0
        for chunk in 0..<chunks { sum += sums[n * chunks + chunk] }
        means[n] = Float(sum / Double(elements))
      }
    }
  }

  /// Σ of the first results of `f` over the elements of some pixels of `a` and `b`; the second are
  /// written to `gradient`.
  @inline(__always) static func sum(
    _ a: TensorView<Float>, _ b: TensorView<Float>, gradient: TensorView<Float>?,
    firstPixel: Int, pixels: Int, _ f: (Vector, Vector) -> (loss: Vector, gradient: Vector)
  ) -> Double {
    let isContiguous = a.isContiguous && b.isContiguous && (gradient?.isContiguous ?? true)
    let run = isContiguous ? pixels : 1
    var sum = 0.0
    for pixel in stride(from: firstPixel, to: firstPixel + pixels, by: run) {
      let first = a.pixel(pixel)
      let second = b.pixel(pixel)
      let target = gradient?.pixel(pixel)
      var losses = Vector(repeating: 0)
      VectorLoop.forEachVector(of: run * a.channels) { i in
        let result = f(Vector(at: first + i), Vector(at: second + i))
        losses += result.loss
        if let target { result.gradient.store(to: target + i) }
      } rest: { i, lanes in
        let result = f(Vector(first: lanes, at: first + i), Vector(first: lanes, at: second + i))
        for lane in 0..<lanes { losses[lane] += result.loss[lane] }
        if let target { result.gradient.store(first: lanes, to: target + i) }
      }
      sum += losses.doubleTotal
    }
    return sum
  }
}
