// SPDX-License-Identifier: Apache-2.0
package import Assessments
package import Datasets
import Explanation
import Foundation
import Imaging
import Network
package import Training

/// Pictures that an enhancer fixed or broke, plain and enhanced, with what the classifier looked
/// at.
package struct Gallery {
  /// A picture with its predictions.
  struct Entry {
    let plain: Image
    let enhanced: Image
    /// Grad-CAM of the true class over either, on one scale.
    let attention: (plain: Image, enhanced: Image)
    let label: Int
    let before: (class: Int, confidence: Float)
    let after: (class: Int, confidence: Float)
  }

  let fixed: [Entry]
  let broken: [Entry]

  /// - Parameter limit: the largest number of pictures of each kind.
  package init(
    _ model: AssessedModel, _ dataset: Dataset, before: Predictions, after: Predictions,
    limit: Int
  ) throws {
    let explainer = try Explainer(
      model.classifier.inFloats, by: .activation(.gradCAM), batch: 1, model.pool)
    func entries(_ isChosen: (Int) -> Bool) throws -> [Entry] {
      let chosen = before.labels.indices.filter(isChosen)
      let count = min(limit, chosen.count)
      let indices = (0..<count).map { chosen[$0 * chosen.count / count] }
      let plain = indices.map(dataset.floats(at:))
      let enhanced = model.enhanced(plain) ?? plain
      return try indices.indices.map { place in
        let index = indices[place]
        return try Entry(
          explainer, (plain[place], enhanced[place]), dataset.width, dataset.height,
          label: before.labels[index],
          before: (before.classes[index], before.confidences[index]),
          after: (after.classes[index], after.confidences[index]))
      }
    }
    let isRight = { (predictions: Predictions, index: Int) in
      predictions.classes[index] == predictions.labels[index]
    }
    fixed = try entries { !isRight(before, $0) && isRight(after, $0) }
    broken = try entries { isRight(before, $0) && !isRight(after, $0) }
  }
}

extension Gallery.Entry {
  fileprivate init(
    _ explainer: Explainer, _ images: (plain: [Float], enhanced: [Float]), _ width: Int,
    _ height: Int, label: Int, before: (class: Int, confidence: Float),
    after: (class: Int, confidence: Float)
  ) throws {
    let shape = Shape(height: height, width: width, channels: 3)
    (plain, enhanced) = (Image(images.plain, shape), Image(images.enhanced, shape))
    let maps = (
      try explainer.explanation(of: images.plain, class: label).map,
      try explainer.explanation(of: images.enhanced, class: label).map
    )
    let largest = max(maps.0.values.max() ?? 0, maps.1.values.max() ?? 0, 1e-12)
    func colors(_ map: HeatMap) -> Image {
      map.resized(width: width, height: height).image(.turbo, range: 0...largest)
    }
    attention = (
      plain.blended(with: colors(maps.0), opacity: 0.5),
      enhanced.blended(with: colors(maps.1), opacity: 0.5)
    )
    (self.label, self.before, self.after) = (label, before, after)
  }
}

extension Image {
  /// For the source of an `img` element.
  var dataAddress: String {
    get throws { "data:image/png;base64," + Data(try encodedPNG()).base64EncodedString() }
  }
}
