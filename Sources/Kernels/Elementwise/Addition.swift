// SPDX-License-Identifier: Apache-2.0

/// The sum of two tensors: where a residual connection joins.
package enum Addition {
  /// y = f(a + b), element by element; `activation` nil is the identity. `y` may be `a` or `b`.
  ///
  /// The gradient for a and for b is that of f alone. **Cost**: two reads, one write.
  package static func forward(
    _ a: TensorView<Float>, _ b: TensorView<Float>, activation: ActivationFunction?,
    into y: TensorView<Float>, pool: ThreadPool
  ) {
    precondition(a.hasShape(of: y) && b.hasShape(of: y), "an addition has operands of one shape")
    activation.specialize(Forward(a: a, b: b, y: y, pool: pool))
  }

  private struct Forward: ActivationBody {
    let a: TensorView<Float>
    let b: TensorView<Float>
    let y: TensorView<Float>
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      VectorLoop.forEachRun(
        pixels: y.pixelCount, channels: y.channels,
        isContiguous: a.isContiguous && b.isContiguous && y.isContiguous, pool: pool
      ) { pixel, count in
        VectorLoop.map(a.pixel(pixel), b.pixel(pixel), into: y.pixel(pixel), count: count) {
          function.value($0 + $1)
        }
      }
    }
  }
}
