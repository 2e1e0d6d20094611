// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// What training makes small. Every loss is the mean over the batch of each example's loss.
public enum Loss: Equatable, Sendable {
  /// −Σ t · log softmax(x), t smoothed towards the uniform distribution: t ← (1 − s) · t + s /
  /// classes.
  case softmaxCrossEntropy(labelSmoothing: Float)
  /// The mean over the pixels of −t · log σ(x) − (1 − t) · log(1 − σ(x)).
  case binaryCrossEntropyWithLogits
  /// The mean over the pixels of (x − t)².
  case meanSquaredError

  /// The word for it in messages.
  package var name: String {
    switch self {
    case .softmaxCrossEntropy: "softmax cross-entropy"
    case .binaryCrossEntropyWithLogits: "binary cross-entropy"
    case .meanSquaredError: "squared error"
    }
  }

  /// Computes each example's loss and the gradient of their mean, times `weight`.
  ///
  /// - Parameters:
  ///   - prediction: the output of the loss node.
  ///   - targets: of as many elements an example as the prediction: a distribution over the
  ///     classes, or an image.
  ///   - gradient: where ∂L/∂prediction goes.
  package func compute(
    _ prediction: TensorView<Float>, targets: UnsafeMutablePointer<Float>, weight: Float = 1,
    gradient: TensorView<Float>?, exampleLosses: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let scale = weight / Float(prediction.batch)
    let targetView = TensorView(
      targets, batch: prediction.batch, height: prediction.height, width: prediction.width,
      channels: prediction.channels)
    switch self {
    case .softmaxCrossEntropy(let labelSmoothing):
      SoftmaxCrossEntropy.compute(
        logits: prediction, targets: targets, labelSmoothing: labelSmoothing, gradientScale: scale,
        gradient: gradient, exampleLosses: exampleLosses, pool: pool)
    case .binaryCrossEntropyWithLogits:
      BinaryCrossEntropyWithLogits.compute(
        logits: prediction, target: targetView, gradientScale: scale, gradient: gradient,
        exampleLosses: exampleLosses, pool: pool)
    case .meanSquaredError:
      MeanSquaredError.compute(
        prediction: prediction, target: targetView, gradientScale: scale, gradient: gradient,
        exampleLosses: exampleLosses, pool: pool)
    }
  }
}
