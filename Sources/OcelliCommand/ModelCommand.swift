// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Interchange
import ModelFormats
import Network
import Ocelli
import Platform
import SharedCommands
import Training

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Inspect and pack models.",
    discussion: "  ocelli model info classifier/best.safetensors",
    subcommands: [ModelInfo.self, ModelPack.self])
}

struct ModelInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: HelpText.Info.abstract,
    usage: "ocelli model info [<file>] [<options>]",
    discussion: """
      Either of a file, or of an architecture that has not been trained:

        ocelli model info classifier/best.safetensors
        ocelli model info --architecture vgg16 --size 96 --classes 10
        ocelli model info --enhancer unet --enhancer-width 64 --size 96
      """)

  @Argument(help: "A model file.") var file: String?

  @OptionGroup(title: "Architecture") var options: ClassifierOptions
  @Option(help: .value("name", "Show an enhancer instead: unet or own(4-4).")) var enhancer: String?
  @Option(help: .value("n", "Its channels at full resolution.")) var enhancerWidth = 16
  @Option(help: .value("n", "Levels of a U-Net.")) var enhancerDepth = 3
  @Option(help: .value("n", "Images of n × n pixels (default: 32).")) var size: Int?
  @Option(help: .value("n", "Classes (default: 10).")) var classes: Int?
  @Option(help: .value("n", "Images per step, for the memory figures.")) var batch = 1
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    if file != nil && (enhancer != nil || options.architecture != nil) {
      throw ValidationError("give a file or an architecture, not both")
    }
    if enhancer != nil && options.architecture != nil {
      throw ValidationError("give --architecture or --enhancer, not both")
    }
    if file != nil && (size != nil || classes != nil) {
      throw ValidationError("--size and --classes are for an architecture: the file has its own")
    }
    for (name, value, range) in [
      ("size", size ?? 32, 1...4096), ("classes", classes ?? 10, 1...100_000),
      ("batch", batch, 1...65536), ("enhancer-width", enhancerWidth, 1...512),
      ("enhancer-depth", enhancerDepth, 1...6),
    ] { try checkRange(name, value, range) }
    if let problem = enhancerSpecification?.problem {
      throw ValidationError("--enhancer: \(problem)")
    }
  }

  private var enhancerSpecification: EnhancerSpecification? {
    enhancer.map { EnhancerSpecification($0, width: enhancerWidth, depth: enhancerDepth) }
  }

  func run() throws {
    let model = try file.map { try Model(contentsOf: $0) }
    let graph = try model?.graph ?? graph()
    let summary =
      if let model, let file { try ModelSummary(model, path: file, batch: batch) } else {
        ModelSummary(graph, batch: batch)
      }
    print(json ? summary.json : summary.text)
  }

  private func graph() throws -> Graph {
    let size = size ?? 32
    if let enhancerSpecification {
      return try enhancerSpecification.graph(height: size, width: size)
    }
    return try options.specification.graph(height: size, width: size, classCount: classes ?? 10)
  }
}

struct ModelPack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Add a model's integer weights, packed for a CPU, to its file.",
    discussion: """
      A model is packed when it is opened: its weights are brought into the order in which this \
      CPU reads them. A board that opens the packed file does not need the time, nor the memory \
      of a copy: the weights are read where the file is mapped. On other CPUs, in other runtimes \
      and for batches the file is what it was. Names of CPUs: \
      \(PackedWeights.cpuNames.joined(separator: ", ")).

        ocelli model pack model.tflite --cpu arm64 --output model-arm64.tflite
      """)

  @Argument(help: "A quantised model, .tflite.") var file: String
  @Option(help: .value("name", "The CPU (default: this one).")) var cpu: String?
  @Option(name: .shortAndLong, help: .value("tflite", "The packed model.")) var output: String

  func validate() throws {
    if let cpu, !PackedWeights.cpuNames.contains(cpu) {
      throw ValidationError(
        "--cpu \(cpu): expected one of \(PackedWeights.cpuNames.joined(separator: ", "))")
    }
  }

  func run() throws {
    let content = try ReadableFile(path: file, access: .mapped)
    guard TFLiteFile.hasIdentifier(content.bytes) else {
      throw CommandError("\(file): is no .tflite file; `ocelli quantize` makes one")
    }
    let model = try Model(contentsOf: file)
    guard let packed = cpu.map({ PackedWeights(of: model, for: $0) }) ?? PackedWeights(of: model)
    else { throw CommandError("\(file): no memory to pack it") }
    let bytes: [UInt8]
    do { bytes = try packed.added(toTFLite: content.bytes) } catch {
      throw CommandError("\(file): \(error)")
    }
    try AtomicFile.write(bytes, to: output)
    print(
      "\(output): \(bytes.count) bytes, \(content.bytes.count) without the weights for "
        + packed.cpuNames.joined(separator: ", "))
  }
}
