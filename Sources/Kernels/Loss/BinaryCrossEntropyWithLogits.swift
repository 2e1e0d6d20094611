// SPDX-License-Identifier: Apache-2.0

/// The mean over an example's M elements of the cross-entropy between t and σ(z), both
/// probabilities of one event:
///
///     −t · ln σ(z) − (1 − t) · ln(1 − σ(z)) = max(z, 0) − z · t + ln(1 + e^−|z|)
package enum BinaryCrossEntropyWithLogits {
  /// `exampleLosses[n]` = the loss of example n; `gradient` = gradientScale · (σ(z) − t) / M.
  ///
  /// **Shapes**: all of one shape; `gradient` may be `logits`. **Cost**: two reads, one write.
  package static func compute(
    logits: TensorView<Float>, target: TensorView<Float>, gradientScale: Float,
    gradient: TensorView<Float>?, exampleLosses: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    precondition(logits.hasShape(of: target), "a prediction has its target's shape")
    precondition(gradient?.hasShape(of: target) ?? true, "a gradient has its tensor's shape")
    let factor = gradientScale / Float(max(1, target.height * target.width * target.channels))
    ExampleLoop.mean(over: logits, into: exampleLosses, pool: pool) { first, pixels in
      ExampleLoop.sum(
        logits, target, gradient: gradient, firstPixel: first, pixels: pixels
      ) { z, t in
        let zero = Vector(repeating: 0)
        // One exponential serves the loss and the sigmoid.
        let small = ElementaryFunctions.exp(-z.magnitudes)
        let loss = z.maximum(zero) - z * t + ElementaryFunctions.logOfOnePlus(small)
        let numerator = Vector(repeating: 1).replacing(with: small, where: z .< zero)
        return (loss, (numerator / (small + 1) - t) * factor)
      }
    }
  }

  /// `exampleEntropies[n]` = mean of −t · ln t − (1 − t) · ln(1 − t): the least value that the loss
  /// can have for a target, 0 only where all t are 0 or 1.
  package static func entropy(
    target: TensorView<Float>, exampleEntropies: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    ExampleLoop.mean(over: target, into: exampleEntropies, pool: pool) { first, pixels in
      ExampleLoop.sum(target, target, gradient: nil, firstPixel: first, pixels: pixels) { t, _ in
        let entropy = -selfInformation(t) - selfInformation(1 - t)
        return (entropy, entropy)
      }
    }
  }

  /// p · ln p, 0 at p = 0.
  @inline(__always) private static func selfInformation(_ p: Vector) -> Vector {
    let isImpossible = p .<= Vector(repeating: 0)
    return (p * ElementaryFunctions.log(p)).replacing(with: 0, where: isImpossible)
  }
}
