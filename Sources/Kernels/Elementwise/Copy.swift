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
    ) { pixel, count in
      target.pixel(pixel).update(repeating: value, count: count)
    }
  }
}
