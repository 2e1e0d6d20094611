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
  func limit(of differences: [Float]) -> Float {
    if let scale { return scale / 255 }
    return HeatMap.stretchedRange(of: differences, percentile: stretch).upperBound
  }

  /// A panel whose cells are for pictures of this size.
  func panel(for image: Image, title: String, headings: [String]) -> Panel {
    let factor = enlargement(of: image)
    return Panel(
      cellWidth: image.width * factor, cellHeight: image.height * factor, title: title,
      headings: headings)
  }

  /// By how much a picture is enlarged, so that maps over it can be finer than its pixels.
  func enlargement(of image: Image) -> Int {
    max(1, (Self.cellSide + image.width - 1) / image.width)
  }

  /// Pictures are drawn at least so wide.
  private static let cellSide = 224

  /// A number in two significant digits.
  static func number(_ value: Float) -> String { String(format: "%.2g", value) }

  /// A ratio that is infinite where nothing differs.
  static func decibels(_ ratio: Double) -> String {
    ratio.isFinite ? String(format: "%.1f dB", ratio) : "infinite"
  }

  /// A difference of numbers in [0, 1] in levels of 255.
  static func levels(_ difference: Float, withTotal: Bool = true) -> String {
    let levels = difference * 255
    let text = String(format: levels >= 9.95 ? "%.0f" : levels >= 0.095 ? "%.1f" : "%.2g", levels)
    return withTotal ? text + " of 255" : text
  }
}
