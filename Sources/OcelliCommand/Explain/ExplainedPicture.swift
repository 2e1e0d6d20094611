// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Text

/// A picture with what the methods say of it.
struct ExplainedPicture {
  /// What is explained: of which picture, by which network.
  enum Reading: String, CaseIterable {
    /// The classifier on the picture.
    case plain
    /// The classifier on what the enhancer makes of the picture.
    case enhanced
    /// Enhancer and classifier as one network, on the picture.
    case composed

    var title: String {
      switch self {
      case .plain: "the classifier on the original"
      case .enhanced: "the classifier on the enhanced picture"
      case .composed: "enhancer and classifier as one network, back to the original"
      }
    }
  }

  struct Map {
    var method: ExplanationMethod
    /// Of a class activation map.
    var layer: String?
    var explanation: Explanation
    /// What is shown: the same in all readings.
    var range: ClosedRange<Float>
  }

  struct View {
    var reading: Reading
    var image: Image
    var floats: [Float]
    var predicted: Int
    /// Of each class.
    var probabilities: [Float]
    var maps: [Map] = []
  }

  var name: String
  /// The class that the picture's folder is named after, if it is.
  var truth: Int?
  var target: Int
  var plain: View
  var enhanced: View?
  var composed: View?

  /// What is explained.
  var views: [View] {
    ([plain] + [enhanced, composed].compactMap { $0 }).filter { !$0.maps.isEmpty }
  }
}

extension ExplainedPicture {
  /// Whether the classifier is right, where that is known.
  func isRight(_ view: View) -> Bool? { truth.map { $0 == view.predicted } }

  /// A picture and under it what it is taken for, and whether that is right.
  func cell(_ view: View, _ labels: [String]) -> Panel.Cell {
    cell(view.image, view, "\(labels[view.predicted]) \(share(view, view.predicted))")
  }

  /// A picture and under it the share of the class that is explained.
  func targetCell(_ image: Image, _ view: View, _ labels: [String]) -> Panel.Cell {
    cell(image, view, "\(labels[target]) \(share(view, target))")
  }

  private func share(_ view: View, _ index: Int) -> String {
    Double(view.probabilities[index]).percent
  }

  private func cell(_ image: Image, _ view: View, _ caption: String) -> Panel.Cell {
    Panel.Cell(
      image, caption: caption, verdict: isRight(view).map { $0 ? .right : .wrong })
  }
}
