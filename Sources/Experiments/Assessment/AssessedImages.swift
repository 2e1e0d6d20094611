// SPDX-License-Identifier: Apache-2.0
public import Datasets
public import Network
public import Training

/// Labelled images in floats, plain and enhanced, and what the classifier says of both.
public struct AssessedImages {
  public let shape: Shape
  public let labels: [Int]
  public let plain: [[Float]]
  public let enhanced: [[Float]]?
  public let predictions: Predictions
  public let enhancedPredictions: Predictions?

  public var count: Int { labels.count }

  public init(_ dataset: Dataset, _ model: AssessedModel) {
    shape = Shape(height: dataset.height, width: dataset.width, channels: 3)
    labels = dataset.labels.map(Int.init)
    plain = (0..<dataset.count).map(dataset.floats(at:))
    enhanced = model.enhanced(plain)
    predictions = model.predictions(plain, labels)
    let labels = labels
    enhancedPredictions = enhanced.map { model.predictions($0, labels) }
  }

  /// Plain and, where there is an enhancer, enhanced images with their predictions.
  var states: [(name: String, images: [[Float]], predictions: Predictions)] {
    var states = [("plain", plain, predictions)]
    if let enhanced, let enhancedPredictions {
      states.append(("enhanced", enhanced, enhancedPredictions))
    }
    return states
  }
}
