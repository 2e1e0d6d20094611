// SPDX-License-Identifier: Apache-2.0

/// The anisotropic total variation of each example (Rudin, Osher and Fatemi, 1992, with the sum of
/// magnitudes), divided by its M elements:
///
///     1 / M · Σ |x[i + 1, j] − x[i, j]| + |x[i, j + 1] − x[i, j]|
package enum TotalVariation {
  /// The loss of each example in double precision.
  package static func reference(_ x: TensorView<Double>) -> [Double] {
    var sums = [Double](repeating: 0, count: x.batch)
    x.forEachIndex { n, i, j, c in
      if i + 1 < x.height { sums[n] += abs(x[n, i + 1, j, c] - x[n, i, j, c]) }
      if j + 1 < x.width { sums[n] += abs(x[n, i, j + 1, c] - x[n, i, j, c]) }
    }
    return sums.map { $0 / Double(x.height * x.width * x.channels) }
  }

  /// `exampleLosses[n]` = the loss of example n; `gradient` = gradientScale · ∂L/∂x, where the
  /// slope of |0| is 0.
  ///
  /// **Shapes**: `gradient` has the image's; it must not be `image`. **Cost**: five reads, one
  /// write.
  package static func compute(
    _ image: TensorView<Float>, gradientScale: Float, gradient: TensorView<Float>?,
    exampleLosses: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(gradient?.hasShape(of: image) ?? true, "a gradient has its tensor's shape")
    let elements = image.height * image.width * image.channels
    let factor = gradientScale / Float(max(1, elements))
    // An item is one example: images of a batch are many and small.
    pool.forEach(image.batch) { n, _ in
      var sum = 0.0
      for y in 0..<image.height {
        for x in 0..<image.width {
          sum += visit(image, n, y, x, factor: factor, gradient: gradient)
        }
      }
      exampleLosses[n] = Float(sum / Double(max(1, elements)))
    }
  }

  /// The magnitudes of the steps from a pixel to the right and down; writes its gradient.
  @inline(__always) private static func visit(
    _ image: TensorView<Float>, _ n: Int, _ y: Int, _ x: Int, factor: Float,
    gradient: TensorView<Float>?
  ) -> Double {
    let own = image.pixel(n, y, x)
    let right = x + 1 < image.width ? image.pixel(n, y, x + 1) : own
    let below = y + 1 < image.height ? image.pixel(n, y + 1, x) : own
    let left = x > 0 ? image.pixel(n, y, x - 1) : own
    let above = y > 0 ? image.pixel(n, y - 1, x) : own
    var sum = 0.0
    for c in 0..<image.channels {
      sum += Double(abs(right[c] - own[c]) + abs(below[c] - own[c]))
      guard let gradient else { continue }
      let slope =
        sign(own[c] - left[c]) + sign(own[c] - above[c]) - sign(right[c] - own[c])
        - sign(below[c] - own[c])
      gradient.pixel(n, y, x)[c] = factor * slope
    }
    return sum
  }

  @inline(__always) private static func sign(_ value: Float) -> Float {
    value > 0 ? 1 : value < 0 ? -1 : 0
  }
}
