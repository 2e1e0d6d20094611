// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Datasets
import Foundation
import Imaging
import Interchange
import Kernels
import Scenes

struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Draw, describe and pack data sets.",
    discussion: """
        ocelli dataset scenes --output scenes
        ocelli dataset info scenes
        ocelli dataset pack scenes --output scenes.safetensors
      """, subcommands: [DatasetScenes.self, DatasetInfoCommand.self, DatasetPack.self])
}

struct DatasetScenes: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scenes", abstract: "Draw synthetic scenes with exact object masks.",
    usage: "ocelli dataset scenes --output <folder> [<options>]",
    discussion: """
      Ten kinds of objects, each on its class's own background with probability ρ.

        ocelli dataset scenes --output scenes --train 4000 --correlation 0.8
      """)

  @Option(name: [.short, .long], help: .value("folder", "The folder to create.")) var output: String
  @Option(help: .value("n", "Training pictures.")) var train = 4000
  @Option(help: .value("n", "Test pictures.")) var test = 1000
  @Option(help: .value("n", "Width and height in pixels.")) var size = 32
  @Option(help: .value("ρ", "ρ, from 0 to 1.")) var correlation: Float = 0.5
  @Option(help: .value("ρ", "ρ of the test pictures, if another.")) var testCorrelation: Float?
  @Option(
    help: .value("steps", "Degrade pictures, for example dull=0.5,blur=0.8,noise=0.05,jpeg=30."))
  var degrade: String?
  @Option(help: .value("n", "Seed of all random choices.")) var seed: UInt64 = 1
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("train", train, 1...10_000_000)
    try checkRange("test", test, 1...10_000_000)
    try checkDegradation(degrade)
    if output.isEmpty { throw ValidationError("--output: expected the name of a folder") }
    do { _ = try writer() } catch let error as SceneError { throw ValidationError(error.message) }
  }

  func run() throws {
    let pool = try threads.pool()
    let status = StatusLine()
    defer { status.clear() }
    try writer().write(to: output, on: pool) { done, total in
      status.show("drawing \(output): \(done) of \(total) pictures")
    }
    status.clear()
    print("\(output): \(train) training and \(test) test pictures of \(size)×\(size)")
  }

  private func writer() throws -> SceneWriter {
    var parameters = SceneParameters()
    parameters.size = size
    parameters.correlation = correlation
    parameters.seed = seed
    let degradation = try degrade.map { try Degradation(parsing: $0) }
    return try SceneWriter(
      parameters, trainCount: train, testCount: test, testCorrelation: testCorrelation,
      transform: degradation.map { transform($0) })
  }

  private func transform(_ degradation: Degradation) -> SceneWriter.Transform {
    let (seed, output) = (seed, output)
    return { image, scene throws(DatasetError) in
      var random = RandomGenerator(seed: seed, stream: UInt64(scene.index))
      do throws(ImageError) { return try degradation.apply(to: image, random: &random) } catch {
        throw .unwritable(path: output, reason: "\(error)")
      }
    }
  }
}

struct DatasetInfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show classes, sizes, statistics and duplicates.",
    discussion: """
        ocelli dataset info scenes
        ocelli dataset info cifar10 --part test --json
      """)

  @Argument(help: "A data set: folder, CIFAR-10 or STL-10 binary, packed file.") var path: String
  @Option(help: .value("n", "Resize images to n × n pixels.")) var size: Int?
  @Option(help: "train, test or all.") var part = DatasetPart.all
  @Flag(help: "Print JSON.") var json = false

  func validate() throws { try checkRange("size", size, 1...16_384) }

  func run() throws {
    let status = StatusLine()
    let dataset = try Dataset.load(path, size: size.map { ($0, $0) }, part: part) { done, total in
      status.show("reading \(path): \(done) of \(total) images")
    }
    status.clear()
    let info = DatasetInfo(dataset)
    print(json ? try info.json() : info.table)
  }
}

extension DatasetPart: ExpressibleByArgument {}

struct DatasetPack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Decode a data set once, into one file that opens at once.",
    discussion: """
      The file is safetensors, so that Python opens it too; every --data takes it.

        ocelli dataset pack cifar10 --output cifar10.safetensors
      """)

  @Argument(help: "A data set: folder, CIFAR-10 or STL-10 binary.") var path: String
  @Option(name: [.short, .long], help: .value("file", "The file to write.")) var output: String
  @Option(help: .value("n", "Resize images to n × n pixels.")) var size: Int?

  func validate() throws {
    try checkRange("size", size, 1...16_384)
    if output.isEmpty { throw ValidationError("--output: expected the name of a file") }
  }

  func run() throws {
    let status = StatusLine()
    let extent = size.map { (width: $0, height: $0) }
    let (train, test) = try Dataset.loadParts(path, size: extent) { done, total in
      status.show("reading \(path): \(done) of \(total) images")
    }
    status.clear()
    if let test {
      try Dataset.pack(train: train, test: test, name: name(of: train), to: output)
    } else {
      try train.pack(to: output)
    }
    print("\(output): \(train.count + (test?.count ?? 0)) images of \(train.width)×\(train.height)")
  }

  /// The whole set's name, from that of its training part.
  private func name(of train: Dataset) -> String {
    train.name.hasSuffix("/train") ? String(train.name.dropLast("/train".count)) : train.name
  }
}
