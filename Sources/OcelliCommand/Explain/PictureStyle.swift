// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging

/// How what is explained is drawn.
struct PictureStyle {
  /// Of maps that start at 0; signed ones have diverging colours.
  var colors: ColorMap
  /// The percentile of differences that has the strongest colour.
  var stretch: Float
  /// The difference, in levels of 255, that has the strongest colour, where it is told.
  var scale: Float?

  /// The difference that has the strongest colour.
  func limit(of differences: HeatMap) -> Float {
    if let scale { return scale / 255 }
    return differences.stretchedRange(percentile: stretch).upperBound
  }

  /// A panel whose cells are for pictures of this size.
  func panel(for image: Image, title: String, headings: [String]) -> Panel {
    let width = image.width * max(1, (Self.cellSide + image.width - 1) / image.width)
    return Panel(
      cellWidth: width, cellHeight: width * image.height / image.width, title: title,
      headings: headings)
  }

  /// Pictures are drawn at least so wide.
  private static let cellSide = 224

  /// A difference of numbers in [0, 1] in levels of 255.
  static func levels(_ difference: Float, withTotal: Bool = true) -> String {
    let levels = difference * 255
    let text = String(format: levels >= 9.95 ? "%.0f" : levels >= 0.095 ? "%.1f" : "%.2g", levels)
    return withTotal ? text + " of 255" : text
  }
}
