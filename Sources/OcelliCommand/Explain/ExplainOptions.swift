// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Explanation
import Imaging

/// How LIME works.
struct LimeOptions: ParsableArguments {
  @Option(help: "How pictures are cut.") var superpixels = Superpixels.Method.slic
  @Option(help: ArgumentHelp("About how many parts.", valueName: "n")) var parts = 50
  @Option(help: ArgumentHelp("Pictures with parts hidden.", valueName: "n")) var samples = 1000
  @Option(
    help: ArgumentHelp(
      "How often they are drawn anew, to tell how far that changes the strongest parts.",
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
      "The percentile of changes that has the strongest colour.", valueName: "percent"))
  var stretch: Float = 99
  @Option(
    help: ArgumentHelp(
      "The change that has the strongest colour, in levels of 255, alike for all pictures.",
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
