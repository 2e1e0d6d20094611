// SPDX-License-Identifier: Apache-2.0

/// How often images of each class were taken for each class.
package struct ConfusionMatrix: Equatable, Sendable {
  package let classCount: Int
  /// `classCount` rows, one a true class, of `classCount` predicted classes.
  package private(set) var counts: [Int]

  /// - Precondition: the lists have one length, and their classes lie in `0..<classCount`.
  package init(labels: [Int], predictions: [Int], classCount: Int) {
    precondition(labels.count == predictions.count, "each label has one prediction")
    self.classCount = classCount
    counts = [Int](repeating: 0, count: classCount * classCount)
    for (label, prediction) in zip(labels, predictions) {
      precondition(
        (0..<classCount).contains(label) && (0..<classCount).contains(prediction),
        "a class lies below the number of classes")
      counts[label * classCount + prediction] += 1
    }
  }

  package subscript(label label: Int, prediction prediction: Int) -> Int {
    counts[label * classCount + prediction]
  }

  /// How well one class is told from the others.
  package struct ClassScore: Equatable, Sendable {
    /// Images of the class.
    package let support: Int
    /// Of the images taken for the class, the share that is; `nil` when none was taken for it.
    package let precision: Double?
    /// Of the images of the class, the share found; `nil` when there are none.
    package let recall: Double?
    /// 2 · right / (images of the class + images taken for it); `nil` when both are 0.
    package let f1: Double?
  }

  package func score(ofClass index: Int) -> ClassScore {
    let right = self[label: index, prediction: index]
    let support = (0..<classCount).reduce(0) { $0 + self[label: index, prediction: $1] }
    let taken = (0..<classCount).reduce(0) { $0 + self[label: $1, prediction: index] }
    return ClassScore(
      support: support, precision: Self.ratio(right, taken), recall: Self.ratio(right, support),
      f1: Self.ratio(2 * right, support + taken))
  }

  /// `nil` when there are no images.
  package var accuracy: Double? {
    let right = (0..<classCount).reduce(0) { $0 + self[label: $1, prediction: $1] }
    return Self.ratio(right, counts.reduce(0, +))
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }
}
