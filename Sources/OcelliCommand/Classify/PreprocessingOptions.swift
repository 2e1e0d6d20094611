// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Network
import SharedCommands

/// The options that say how pictures are prepared.
struct PreprocessingOptions: ParsableArguments {
  enum Crop: String, ExpressibleByArgument, CaseIterable { case stretch, center }

  @Option(help: "What of a picture is taken (default: what the model says, else stretch).")
  var crop: Crop?

  @Option(
    help: ArgumentHelp(
      "Subtract this from levels of 0 to 255; one number, or one a channel between commas.",
      valueName: "levels"))
  var mean: String?

  @Option(help: ArgumentHelp("Then divide by this.", valueName: "levels"))
  var deviation: String?

  func validate() throws {
    do throws(CommandError) { _ = try choice() } catch {
      throw ValidationError(error.description)
    }
  }

  func choice() throws(CommandError) -> PreprocessingChoice {
    try PreprocessingChoice(
      crop: crop.map { $0 == .center ? .center : .stretch }, mean: mean, deviation: deviation)
  }
}
