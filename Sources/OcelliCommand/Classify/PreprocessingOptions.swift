// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Network

/// How a picture becomes the input of a model whose file does not say it, or says it wrongly.
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
    let isGiven = try (numbers("mean", mean) != nil, numbers("deviation", deviation) != nil)
    guard isGiven.0 == isGiven.1 else {
      throw ValidationError("--mean and --deviation go together")
    }
  }

  private func numbers(_ name: String, _ text: String?) throws -> [Float]? {
    guard let text else { return nil }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    let valid = numbers.compactMap { $0 }.filter { $0.isFinite && (name == "mean" || $0 != 0) }
    guard valid.count == numbers.count, [1, 3].contains(valid.count) else {
      throw ValidationError("--\(name) \(text): expected a number, or three between commas")
    }
    return valid
  }

  func apply(to model: inout Model, _ path: String) throws {
    if let mean = try numbers("mean", mean), let deviation = try numbers("deviation", deviation) {
      model.preprocessing.mean = mean
      model.preprocessing.deviation = deviation
    }
    if let crop { model.preprocessing.crop = crop == .center ? .center : .stretch }
    let channels = model.graph.inputShape.channels
    guard mean == nil || model.preprocessing.fits(channels: channels) else {
      throw CommandError("\(path): takes \(channels) channels, --mean and --deviation have others")
    }
  }
}
