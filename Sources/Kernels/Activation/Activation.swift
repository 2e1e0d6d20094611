// SPDX-License-Identifier: Apache-2.0

/// Element-wise non-linearities and their gradients.
package enum Activation {
  /// y = f(x), element by element. `y` may be `x`.
  ///
  /// **Shapes**: x and y have the same. **Cost**: one read, one write.
  package static func forward(
    _ f: ActivationFunction, _ x: TensorView<Float>, into y: TensorView<Float>, pool: ThreadPool
  ) {
    precondition(x.hasShape(of: y), "an activation keeps the shape")
    Optional(f).specialize(Forward(x: x, y: y, pool: pool))
  }

  /// ∂L/∂x = ∂L/∂y · f′(x), or += with `accumulate`. `dx` may be `dy`.
  ///
  /// The output y is enough where `f.hasGradientFromOutput`, else the input x is needed.
  /// **Cost**: two reads, one write; three reads with `accumulate`.
  package static func gradient(
    _ f: ActivationFunction, input: TensorView<Float>?, output: TensorView<Float>?,
    of dy: TensorView<Float>, into dx: TensorView<Float>, accumulate: Bool, pool: ThreadPool
  ) {
    let point: TensorView<Float>? = if f.hasGradientFromOutput { output } else { input }
    guard let point else { preconditionFailure("the gradient needs the tensor f is a function of") }
    precondition(point.hasShape(of: dy) && dx.hasShape(of: dy), "an activation keeps the shape")
    Optional(f).specialize(
      Gradient(point: point, dy: dy, dx: dx, accumulate: accumulate, pool: pool))
  }

  private struct Forward: ActivationBody {
    let x: TensorView<Float>
    let y: TensorView<Float>
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      VectorLoop.forEachRun(
        pixels: y.pixelCount, channels: y.channels, isContiguous: x.isContiguous && y.isContiguous,
        pool: pool
      ) { pixel, count in
        VectorLoop.map(x.pixel(pixel), into: y.pixel(pixel), count: count) { function.value($0) }
      }
    }
  }

  private struct Gradient: ActivationBody {
    let point: TensorView<Float>
    let dy: TensorView<Float>
    let dx: TensorView<Float>
    let accumulate: Bool
    let pool: ThreadPool

    func run(_ function: some VectorFunction) {
      VectorLoop.forEachRun(
        pixels: dx.pixelCount, channels: dx.channels,
        isContiguous: point.isContiguous && dy.isContiguous && dx.isContiguous, pool: pool
      ) { pixel, count in
        VectorLoop.map(
          dy.pixel(pixel), point.pixel(pixel), into: dx.pixel(pixel), count: count,
          accumulate: accumulate
        ) { function.gradient($0, at: $1) }
      }
    }
  }
}
