// SPDX-License-Identifier: Apache-2.0

/// Whether a classifier is right as often as it claims.
public struct Calibration: Codable, Equatable, Sendable {
  /// Predictions of about the same confidence.
  public struct Bin: Codable, Equatable, Sendable {
    /// Confidences are above this, but for 0 itself.
    public let lower: Double
    /// The largest confidence.
    public let upper: Double
    /// The number of images.
    public let images: Int
    /// The mean confidence; `nil` without images.
    public let confidence: Double?
    /// The share that is told right; `nil` without images.
    public let accuracy: Double?

    var gap: Double { abs((accuracy ?? 0) - (confidence ?? 0)) }
  }

  /// Of equal width.
  public let bins: [Bin]
  /// ECE, the expected calibration error (Guo et al., arXiv:1706.04599): the mean over images of
  /// their bin's |accuracy − confidence|.
  public let expectedError: Double
  /// The same over bins of as many images each.
  public let adaptiveError: Double
  /// Brier's score: the mean squared distance of the probabilities from 1 for the true class and 0
  /// for all others, summed over the classes; from 0 to 2.
  public let brierScore: Double
  /// The mean of −log of the true class's probability.
  public let logLoss: Double

  /// - Parameters:
  ///   - isRight: of each image, whether the classifier is.
  ///   - confidences: of each image, the probability of the class that it is taken for.
  ///   - squaredErrors: of each image, the squared distance that `brierScore` is the mean of.
  ///   - losses: of each image, −log of the true class's probability.
  /// - Precondition: the lists have one length, which is not 0.
  public init(
    isRight: [Bool], confidences: [Float], squaredErrors: [Float], losses: [Float],
    binCount: Int = 15
  ) {
    precondition(!isRight.isEmpty && binCount > 0, "there are predictions and bins")
    let confidences = confidences.map { Double($0) }
    func bin(_ images: [Int], _ lower: Double, _ upper: Double) -> Bin {
      let count = Double(images.count)
      return Bin(
        lower: lower, upper: upper, images: images.count,
        confidence: images.isEmpty ? nil : images.reduce(0) { $0 + confidences[$1] } / count,
        accuracy: images.isEmpty ? nil : Double(images.count { isRight[$0] }) / count)
    }
    func error(_ bins: [Bin]) -> Double {
      bins.reduce(0) { $0 + $1.gap * Double($1.images) } / Double(isRight.count)
    }
    var members = [[Int]](repeating: [], count: binCount)
    for (index, confidence) in confidences.enumerated() {
      let place = Int((confidence * Double(binCount)).rounded(.up)) - 1
      members[min(max(place, 0), binCount - 1)].append(index)
    }
    bins = members.enumerated().map { index, images in
      bin(images, Double(index) / Double(binCount), Double(index + 1) / Double(binCount))
    }
    expectedError = error(bins)
    let order = confidences.indices.sorted { confidences[$0] < confidences[$1] }
    adaptiveError = error(
      (0..<binCount).map { index in
        let (first, last) = (index * order.count / binCount, (index + 1) * order.count / binCount)
        return bin(Array(order[first..<last]), 0, 1)
      })
    brierScore = Self.mean(squaredErrors)
    logLoss = Self.mean(losses)
  }

  private static func mean(_ values: [Float]) -> Double {
    values.reduce(0.0) { $0 + Double($1) } / Double(values.count)
  }
}

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
