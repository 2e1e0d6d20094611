// SPDX-License-Identifier: Apache-2.0
import Kernels

/// What a classifier said of every image of a data set.
public struct Predictions: Sendable {
  /// The true class of each image.
  public var labels: [Int] = []
  /// The class of the largest logit.
  public var classes: [Int] = []
  /// The probability of that class.
  public var confidences: [Float] = []
  /// The probability of each image's true class.
  public var trueProbabilities: [Float] = []
  /// −log of it.
  public var losses: [Float] = []
  /// Brier's score of each image: Σ over the classes of (probability − 1 if true, else 0)².
  public var squaredErrors: [Float] = []

  /// Of no image yet.
  public init() {}

  /// Adds one image.
  mutating func append(logits: UnsafeBufferPointer<Float>, label: Int) {
    let best = Self.largest(logits.baseAddress.unsafelyUnwrapped, logits.count)
    let powers = logits.map { ElementaryFunctions.exp($0 - logits[best]) }
    let sum = powers.reduce(0, +)
    let loss = logits[best] - logits[label] + ElementaryFunctions.log(sum)
    labels.append(label)
    classes.append(best)
    confidences.append(1 / sum)
    losses.append(loss)
    trueProbabilities.append(ElementaryFunctions.exp(-loss))
    squaredErrors.append(
      powers.indices.reduce(0) {
        let error = powers[$1] / sum - ($1 == label ? 1 : 0)
        return $0 + error * error
      })
  }

  /// The share of images whose class is right, from 0 to 1; 0 without images.
  public var accuracy: Double {
    labels.isEmpty
      ? 0
      : Double(zip(labels, classes).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) })
        / Double(labels.count)
  }

  /// The mean cross-entropy; 0 without images.
  public var meanLoss: Double {
    losses.isEmpty ? 0 : losses.reduce(0.0) { $0 + Double($1) } / Double(losses.count)
  }

  /// The index of the largest of `count` values; the first of equals.
  static func largest(_ values: UnsafePointer<Float>, _ count: Int) -> Int {
    var best = 0
    for index in 1..<max(1, count) where values[index] > values[best] { best = index }
    return best
  }

  /// How many of the first images of a batch a classifier's logits get right.
  static func countCorrect(_ logits: TensorView<Float>, _ labels: [Int32]) -> Int {
    labels.indices.reduce(0) {
      $0 + (largest(logits.pixel($1), logits.channels) == Int(labels[$1]) ? 1 : 0)
    }
  }
}
