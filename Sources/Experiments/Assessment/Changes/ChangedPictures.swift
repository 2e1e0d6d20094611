// SPDX-License-Identifier: Apache-2.0
import Training

/// The accuracy on pictures that were changed in some way, and the gain over plain ones.
public struct ChangedPictures: Codable, Equatable, Sendable {
  public let name: String
  public let accuracy: IntervalEstimate
  public let gain: PairedGain

  /// - Parameter pictures: what became of each of `images`.
  init(_ name: String, _ pictures: [[Float]], of images: AssessedImages, _ model: AssessedModel) {
    self.name = name
    let classes = model.predictions(pictures, images.labels).classes
    accuracy = IntervalEstimate(accuracyOf: classes, labels: images.labels)
    gain = PairedGain(
      before: images.predictions.classes, after: classes, labels: images.labels, seed: model.seed)
  }
}
