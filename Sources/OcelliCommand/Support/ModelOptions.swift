// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Network
import SharedCommands
public import Training

/// Which classifier to build.
struct ClassifierOptions: ParsableArguments {
  @Option(help: "The classifier's architecture (default: small-cnn).")
  var architecture: ClassifierSpecification.Architecture?

  @Option(help: ArgumentHelp("Multiply the channels of all layers.", valueName: "factor"))
  var width: Float = 1

  @Flag(help: "Batch normalisation in VGG-16.")
  var normalized = false

  @Option(
    help: ArgumentHelp("Units of VGG-16's two dense layers (default: 512).", valueName: "n"))
  var denseUnits: Int?

  func validate() throws {
    try checkRange("dense-units", denseUnits, 1...65536)
    if let problem = specification.problem { throw ValidationError("--" + problem) }
    if architecture != .vgg16 {
      if normalized { throw ValidationError("--normalized needs --architecture vgg16") }
      if denseUnits != nil { throw ValidationError("--dense-units needs --architecture vgg16") }
    }
  }

  var specification: ClassifierSpecification {
    ClassifierSpecification(
      architecture ?? .smallCNN, width: width, normalized: normalized, denseUnits: denseUnits)
  }
}

/// Which enhancer to build.
struct EnhancerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "unet, or own(a-b): a plain autoencoder of a encoding and b decoding layers, 1 to 6 of each.",
      valueName: "name"))
  var architecture = "unet"

  @Option(help: ArgumentHelp("Channels at full resolution.", valueName: "n"))
  var width = 16

  @Option(help: ArgumentHelp("Levels of the U-Net below full resolution.", valueName: "n"))
  var depth = 3

  @Option(
    help: ArgumentHelp(
      "sigmoid, residual, or bounded:LIMIT with the largest change of a pixel (of its range).",
      valueName: "head"))
  var head = "sigmoid"

  @Option(help: "How the U-Net enlarges.")
  var upsampling = EnhancerSpecification.Upsampling.transposed

  func validate() throws {
    if let problem = specification.problem { throw ValidationError("--" + problem) }
  }

  var specification: EnhancerSpecification {
    EnhancerSpecification(
      architecture, width: width, depth: depth, head: head, upsampling: upsampling)
  }
}

/// What an enhancer minimises in addition to the classifier's cross-entropy.
struct ObjectiveOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Weight of the squared error against the clean image (without --degrade: the input).",
      valueName: "weight"))
  var reconstruction: Float?

  @Option(help: ArgumentHelp("Weight of the total variation of the image.", valueName: "weight"))
  var totalVariation: Float?

  @Flag(help: "Learn the classifier's answer to the clean image instead of labels.")
  var unsupervised = false

  func validate() throws {
    try checkRange("reconstruction", reconstruction, 0...1e6)
    try checkRange("total-variation", totalVariation, 0...1e6)
  }

  var objective: Objective {
    var objective = Objective()
    objective.reconstruction = reconstruction
    objective.totalVariation = totalVariation
    objective.isUnsupervised = unsupervised
    return objective
  }
}

extension ClassifierSpecification.Architecture: ExpressibleByArgument {}
extension EnhancerSpecification.Upsampling: ExpressibleByArgument {}

/// The options that say how pictures are prepared.
struct PreprocessingOptions: ParsableArguments {
  enum Crop: String, ExpressibleByArgument, CaseIterable { case stretch, center }

  @Option(help: ArgumentHelp(HelpText.Classify.crop))
  var crop: Crop?

  @Option(
    help: ArgumentHelp(HelpText.Classify.mean, valueName: "levels"))
  var mean: String?

  @Option(help: ArgumentHelp(HelpText.Classify.deviation, valueName: "levels"))
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
