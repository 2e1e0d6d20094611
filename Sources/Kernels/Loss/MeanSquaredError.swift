// SPDX-License-Identifier: Apache-2.0

/// The mean over an example's M elements of (p − t)².
package enum MeanSquaredError {
  /// `exampleLosses[n]` = the loss of example n; `gradient` = gradientScale · 2 (p − t) / M.
  ///
  /// **Shapes**: all of one shape; `gradient` may be `prediction`. **Cost**: two reads, one write.
  package static func compute(
    prediction: TensorView<Float>, target: TensorView<Float>, gradientScale: Float,
    gradient: TensorView<Float>?, exampleLosses: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(prediction.hasShape(of: target), "a prediction has its target's shape")
    precondition(gradient?.hasShape(of: target) ?? true, "a gradient has its tensor's shape")
    let elements = target.height * target.width * target.channels
    let factor = 2 * gradientScale / Float(max(1, elements))
    ExampleLoop.mean(over: prediction, into: exampleLosses, pool: pool) { first, pixels in
      ExampleLoop.sum(
        prediction, target, gradient: gradient, firstPixel: first, pixels: pixels
      ) { p, t in
        let difference = p - t
        return (difference * difference, difference * factor)
      }
    }
  }
}
