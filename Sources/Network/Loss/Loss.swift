// SPDX-License-Identifier: Apache-2.0
package import Kernels

/// What training makes small. Every loss is the mean over the batch of each example's loss.
public enum Loss: Equatable, Sendable {
  /// −Σ t · log softmax(x), t smoothed towards the uniform distribution: t ← (1 − s) · t + s /
  /// classes.
  case softmaxCrossEntropy(labelSmoothing: Float)
  /// Σ t · (log t − log softmax(x)): how far the distribution is from t (Kullback and Leibler,
  /// 1951).
  case softmaxDivergence
  /// The mean over the pixels of −t · log σ(x) − (1 − t) · log(1 − σ(x)).
  case binaryCrossEntropyWithLogits
  /// The mean over the pixels of (x − t)².
  case meanSquaredError
  /// The mean over the elements of the magnitudes of the steps to the right and down; it has no
  /// target.
  case totalVariation

  /// The word for it in messages.
  package var name: String {
    switch self {
    case .softmaxCrossEntropy: "softmax cross-entropy"
    case .softmaxDivergence: "divergence"
    case .binaryCrossEntropyWithLogits: "binary cross-entropy"
    case .meanSquaredError: "squared error"
    case .totalVariation: "total variation"
    }
  }

  /// Computes each example's loss and the gradient of their mean, times `weight`.
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
    case .softmaxDivergence:
      SoftmaxCrossEntropy.compute(
        logits: prediction, targets: targets, labelSmoothing: 0, gradientScale: scale,
        gradient: gradient, exampleLosses: exampleLosses, pool: pool)
      for n in 0..<prediction.batch {
        exampleLosses[n] -= SoftmaxCrossEntropy.entropy(
          targets + n * prediction.channels, count: prediction.channels)
      }
    case .totalVariation:
      TotalVariation.compute(
        prediction, gradientScale: scale, gradient: gradient, exampleLosses: exampleLosses,
        pool: pool)
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
