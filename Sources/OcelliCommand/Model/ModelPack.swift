// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Interchange
import ModelFormats
import Network
import Ocelli
import Platform
import SharedCommands
import Training

struct ModelPack: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "Store a model's integer weights packed for a CPU, besides.",
    discussion: """
      A model is packed when it is opened: its weights are brought into the order in which this \
      CPU reads them. A board that opens the packed file does not need the time, nor the memory \
      of a copy: the weights are read where the file is mapped. On other CPUs, in other runtimes \
      and for batches the file is what it was. Names of CPUs: \
      \(PackedWeights.cpuNames.joined(separator: ", ")).

        ocelli model pack model.tflite --cpu arm64 --output model-arm64.tflite
      """)

  @Argument(help: "A quantised model, .tflite.") var file: String
  @Option(help: ArgumentHelp("The CPU (default: this one).", valueName: "name")) var cpu: String?
  @Option(name: .shortAndLong, help: ArgumentHelp("The packed model.", valueName: "tflite"))
  var output: String

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
