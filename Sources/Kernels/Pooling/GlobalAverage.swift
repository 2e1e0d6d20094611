// SPDX-License-Identifier: Apache-2.0

/// Mean over all pixels of an image: y[n,c] = 1/(H·W) · Σ over pixels of x[n,·,·,c].
package enum GlobalAverage {
  /// The equation in double precision.
  package static func reference(_ x: TensorView<Double>, into y: TensorView<Double>) {
    Mean.reference(x, into: y, axes: MeanAxes(height: true, width: true))
  }

  /// **Shapes**: x: N×H×W×C, y: N×1×1×C. **Exactness**: sums in single precision over 64 pixels at
  /// a time, and then over those sums.
  package static func forward(_ x: TensorView<Float>, into y: TensorView<Float>, pool: ThreadPool) {
    precondition(x.hasBatchAndChannels(of: y), "pooling keeps batch and channels")
    precondition(y.height == 1 && y.width == 1, "a global average is one pixel")
    let vector = Machine.vectorFloats
    let pixels = x.height * x.width
    let groups = (x.channels + vector - 1) / vector
    // Vectors of channels that one item takes together: a few cache lines of each pixel.
    let grain = max(1, min(groups, 8))
    let itemsPerImage = (groups + grain - 1) / grain
    pool.forEach(x.batch * itemsPerImage) { item, _ in
      let n = item / itemsPerImage
      let firstGroup = item % itemsPerImage * grain
      let target = y.pixel(n)
      for group in firstGroup..<min(groups, firstGroup + grain) {
        let c = group * vector
        var total = Vector(repeating: 0)
        for first in stride(from: 0, to: pixels, by: 64) {
          var sum = Vector(repeating: 0)
          for pixel in first..<min(pixels, first + 64) {
            sum += Vector(at: x.pixel(n * pixels + pixel) + c)
          }
          total += sum
        }
        (total / Float(pixels)).store(first: min(vector, x.channels - c), to: target + c)
      }
    }
  }

  /// ∂L/∂x[n,·,·,c] = ∂L/∂y[n,c] / (H·W), or += with `accumulate`.
  package static func gradient(
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool, pool: ThreadPool
  ) {
    precondition(dx.hasBatchAndChannels(of: dy), "pooling keeps batch and channels")
    precondition(dy.height == 1 && dy.width == 1, "a global average is one pixel")
    let pixels = dx.height * dx.width
    let share = 1 / Float(pixels)
    VectorLoop.forEachRun(
      pixels: dx.pixelCount, channels: dx.channels, isContiguous: false, pool: pool
    ) { pixel, count in
      VectorLoop.map(
        dy.pixel(pixel / pixels), into: dx.pixel(pixel), count: count, accumulate: accumulate
      ) { $0 * share }
    }
  }
}
