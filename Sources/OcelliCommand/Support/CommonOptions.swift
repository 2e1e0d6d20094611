// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import CPlatform
import Datasets
import Foundation
import Kernels
import Network
import SharedCommands
public import Training

extension ArgumentHelp {
  /// The help of an option whose value is called `name`.
  static func value(_ name: String, _ text: String) -> ArgumentHelp {
    ArgumentHelp(text, valueName: name)
  }
}

/// How many threads compute.
struct ThreadOptions: ParsableArguments {
  @Option(help: .value("n", HelpText.threadsOfCPU)) var threads: Int?

  func validate() throws { try checkRange("threads", threads, 1...256) }

  /// As many as were asked for, or as there are CPUs that this process may use.
  var count: Int { threads ?? Int(ocelli_cpu_count()) }

  func pool() throws -> ThreadPool {
    guard let pool = ThreadPool(threadCount: count) else {
      throw CommandError("the system refused to start \(count) threads")
    }
    return pool
  }
}

/// Refuses the value of an option that is outside of `range`.
func checkRange<Value: Comparable>(
  _ name: String, _ value: Value?, _ range: ClosedRange<Value>
) throws {
  if let value, let problem = rangeProblem("--" + name, value, range) {
    throw ValidationError(problem)
  }
}

/// Refuses a share that is not inside of 0 to 1; 1 itself is allowed where `includesOne`.
func checkShare(_ name: String, _ value: Double, includesOne: Bool) throws {
  guard value > 0, value < 1 || includesOne && value == 1 else {
    throw ValidationError(
      "--\(name) \(value): expected more than 0, \(includesOne ? "at most" : "less than") 1")
  }
}

/// Refuses a text that is no degradation.
func checkDegradation(_ text: String?) throws {
  do throws(DatasetError) {
    _ = try text.map { text throws(DatasetError) in try Degradation(parsing: text) }
  } catch { throw ValidationError("--degrade: \(error.message)") }
}

/// Which images.
struct DataOptions: ParsableArguments {
  static let dataHelp = ArgumentHelp(
    "A folder per class (with or without train/ and test/), CIFAR-10, STL-10, or a packed file.",
    valueName: "path")

  @Option(help: dataHelp) var data: String
  @OptionGroup var images: ImageOptions

  /// The options that make the images what they are, as given.
  var arguments: [String] { ["--data", data] + images.arguments }

  func load(_ threads: ThreadOptions) throws -> DataSpecification.Parts {
    try images.load(data, threads)
  }

  func specification() throws -> DataSpecification { try images.specification(of: data) }
}

/// What is done with the images of a data set.
struct ImageOptions: ParsableArguments {
  @Option(help: .value("n", "Resize images to n × n pixels.")) var size: Int?

  @Option(
    help: .value("steps", "Degrade images, for example dull=0.5,blur=0.8,noise=0.05,jpeg=30."))
  var degrade: String?

  @Option(help: .value("share", "Use this share of the images.")) var fraction: Double = 1

  @Option(
    help: .value(
      "share", "Test images to hold out of a data set that has no test part (default: 0.2)."))
  var testFraction: Double?

  @Option(
    help: .value(
      "counts",
      "Draw this many training and test images from the training part, for example 4010/990."))
  var split: String?

  @Option(help: .value("n", "Seed of splits and noise.")) var dataSeed: UInt64 = 1

  @Flag(help: "Continue when training and test images overlap; results are then contaminated.")
  var allowOverlap = false

  func validate() throws {
    try checkRange("size", size, 1...16_384)
    try checkShare("fraction", fraction, includesOne: true)
    if let testFraction { try checkShare("test-fraction", testFraction, includesOne: false) }
    if split != nil && testFraction != nil {
      throw ValidationError("give --split or --test-fraction, not both")
    }
    try checkDegradation(degrade)
    _ = try splitCounts()
  }

  /// The counts of `--split`.
  private func splitCounts() throws -> [Int]? {
    guard let split else { return nil }
    let counts = split.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard counts.count == 2, counts.allSatisfy({ (1...1_000_000_000).contains($0) }) else {
      throw ValidationError("--split \(split): expected two counts, for example 4010/990")
    }
    return counts
  }

  var arguments: [String] {
    var arguments: [String] = []
    if let size { arguments += ["--size", "\(size)"] }
    if let degrade { arguments += ["--degrade", degrade] }
    if fraction != 1 { arguments += ["--fraction", "\(fraction)"] }
    if let testFraction { arguments += ["--test-fraction", "\(testFraction)"] }
    if let split { arguments += ["--split", split] }
    if dataSeed != 1 { arguments += ["--data-seed", "\(dataSeed)"] }
    if allowOverlap { arguments.append("--allow-overlap") }
    return arguments
  }

  func load(_ data: String, _ threads: ThreadOptions) throws -> DataSpecification.Parts {
    try specification(of: data).load(threads, showing: StatusLine(), as: data)
  }

  func specification(of data: String) throws -> DataSpecification {
    var specification = DataSpecification(path: data)
    specification.size = size
    specification.degrade = degrade
    specification.fraction = fraction
    specification.testFraction = testFraction
    specification.split = try splitCounts()
    specification.seed = dataSeed
    specification.allowsOverlap = allowOverlap
    return specification
  }
}

extension DataSpecification {
  /// Loads the images and tells what goes on; `name` is what the user calls them.
  func load(_ threads: ThreadOptions, showing status: StatusLine, as name: String) throws -> Parts {
    defer { status.clear() }
    return try load(threads: threads.count) { event in
      switch event {
      case .reading(let done, let total): status.show("reading \(name): \(done) of \(total) images")
      case .degrading(let count): status.show("degrading \(count) images")
      case .leftOutCopies(let count): status.note("\(name): \(count) copies of images left out")
      case .overlap(let count, let testCount):
        status.note(
          "warning: \(count) of \(testCount) test images are training images, too: "
            + "what the test part shows is contaminated")
      }
    }
  }
}

/// Which classifier to build.
struct ClassifierOptions: ParsableArguments {
  @Option(help: "The classifier's architecture (default: small-cnn).") var architecture:
    ClassifierSpecification.Architecture?

  @Option(help: .value("factor", "Multiply the channels of all layers.")) var width: Float = 1

  @Flag(help: "Batch normalisation in VGG-16.") var normalized = false

  @Option(help: .value("n", "Units of VGG-16's two dense layers (default: 512).")) var denseUnits:
    Int?

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
    help: .value(
      "name",
      "unet, or own(a-b): a plain autoencoder of a encoding and b decoding layers, 1 to 6 of each.")
  ) var architecture = "unet"

  @Option(help: .value("n", "Channels at full resolution.")) var width = 16

  @Option(help: .value("n", "Levels of the U-Net below full resolution.")) var depth = 3

  @Option(
    help: .value(
      "head",
      "sigmoid, residual, or bounded:LIMIT with the largest change of a pixel (of its range)."))
  var head = "sigmoid"

  @Option(help: "How the U-Net enlarges.") var upsampling = EnhancerSpecification.Upsampling
    .transposed

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
    help: .value(
      "weight",
      "Weight of the squared error against the clean image (without --degrade: the input)."))
  var reconstruction: Float?

  @Option(help: .value("weight", "Weight of the total variation of the image.")) var totalVariation:
    Float?

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

  @Option(help: ArgumentHelp(HelpText.Classify.crop)) var crop: Crop?

  @Option(help: .value("levels", HelpText.Classify.mean)) var mean: String?

  @Option(help: .value("levels", HelpText.Classify.deviation)) var deviation: String?

  func validate() throws {
    do throws(CommandError) { _ = try choice() } catch { throw ValidationError(error.description) }
  }

  func choice() throws(CommandError) -> PreprocessingChoice {
    try PreprocessingChoice(
      crop: crop.map { $0 == .center ? .center : .stretch }, mean: mean, deviation: deviation)
  }
}
