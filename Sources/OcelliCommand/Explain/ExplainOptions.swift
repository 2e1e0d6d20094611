// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Explanation
import Foundation
public import Imaging

/// How LIME works.
struct LimeOptions: ParsableArguments {
  @Option(help: "How pictures are cut.") var superpixels = Superpixels.Method.slic
  @Option(help: ArgumentHelp("Number of parts, approximately.", valueName: "n")) var parts = 50
  @Option(help: ArgumentHelp("Samples: pictures with parts hidden.", valueName: "n")) var samples =
    1000
  @Option(
    help: ArgumentHelp(
      "How often the samples are redrawn, to show how stable the strongest parts are.",
      valueName: "n"))
  var repeats = 3

  func validate() throws {
    try checkRange("samples", samples, 10...1_000_000)
    try checkRange("parts", parts, 2...10_000)
    try checkRange("repeats", repeats, 1...100)
  }

  var options: Explainer.Options {
    var options = Explainer.Options()
    (options.cut, options.parts) = (superpixels, parts)
    (options.samples, options.repeats) = (samples, repeats)
    return options
  }
}

/// How maps and differences are drawn.
struct StyleOptions: ParsableArguments {
  @Option(help: "Colours of maps that start at 0: jet, viridis, turbo or grey.")
  var colors = ColorMap.jet
  @Option(
    help: ArgumentHelp(
      "The percentile of changes that gets the strongest colour.", valueName: "percent"))
  var stretch: Float = 99
  @Option(
    help: ArgumentHelp(
      "The change that gets the strongest colour, in levels of 255, for all pictures.",
      valueName: "levels"))
  var scale: Float?

  func validate() throws {
    try checkRange("stretch", stretch, 1...100)
    try checkRange("scale", scale, 0.001...255)
    if colors == .diverging {
      throw ValidationError("--colors diverging: signed maps have them anyway")
    }
  }

  var style: PictureStyle { PictureStyle(colors: colors, stretch: stretch, scale: scale) }
}

extension ExplanationMethod: ExpressibleByArgument {
  /// The method of this name.
  public init?(argument: String) {
    guard let method = Self.allCases.first(where: { $0.name == argument }) else { return nil }
    self = method
  }

  /// As help pages show it.
  public var defaultValueDescription: String { name }
  /// The names of all methods.
  public static var allValueStrings: [String] { allCases.map(\.name) }
}

extension ColorMap: ExpressibleByArgument {
  /// The colour map of this name.
  public init?(argument: String) {
    guard let map = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
    self = map
  }

  /// The names of all colour maps.
  public static var allValueStrings: [String] { allCases.map { "\($0)" } }
}

extension Superpixels.Method: ExpressibleByArgument {}
extension ExplainedPicture.Reading: ExpressibleByArgument {}

/// How what is explained is drawn.
struct PictureStyle {
  /// Of maps that start at 0; signed ones have diverging colours.
  var colors: ColorMap
  /// The percentile of differences that has the strongest colour.
  var stretch: Float
  /// The difference, in levels of 255, that gets the strongest colour; `nil` to use `stretch`.
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
