// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Kernels
import Network
import Ocelli
import SharedCommands
import Text
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure models, kernels, training steps and explanations.",
    discussion: """
        ocelli bench model model.tflite --profile
        ocelli bench training --workload vgg16-training
        ocelli bench explanation --workload grad-cam
        ocelli bench kernels --threads 1
      """,
    subcommands: [BenchModel.self, BenchTraining.self, BenchExplanation.self, BenchKernels.self])
}

struct BenchModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: HelpText.Bench.abstract,
    usage: "ocelli bench model <file> [<options>]",
    discussion: """
      \(HelpText.Bench.discussion)

        ocelli bench model model.tflite --threads 2 --profile
      """)

  @Argument(help: "A .tflite or .safetensors model.") var file: String
  @Option(help: ArgumentHelp(HelpText.Bench.runs, valueName: "n")) var runs = 200
  @Option(help: ArgumentHelp(HelpText.Bench.inputs, valueName: "n"))
  var inputs = 1
  @Flag(help: ArgumentHelp(HelpText.Bench.profile)) var profile = false
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("runs", runs, 1...1_000_000)
    try checkRange("inputs", inputs, 1...1_000_000)
  }

  func run() throws {
    let most = threads.threads ?? ProcessInfo.processInfo.activeProcessorCount
    let timings = try (1...most).map { threads in
      try ModelTiming.measure(threads: threads, runs: runs, inputs: inputs, profiles: profile) {
        () throws(CommandError) in
        do throws(ModelFileError) { return try Model(contentsOf: file) } catch {
          throw CommandError(error.message)
        }
      }
    }
    print(json ? ModelTiming.json(timings) : ModelTiming.text(timings))
  }
}

struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Time convolutions, layer shape by layer shape.",
    discussion: """
      GFLOP/s are those of the plain sum of products, so that a faster algorithm shows as a rate \
      above the machine's peak.

        ocelli bench kernels --batch 16 --threads 1
      """)

  @Option(help: ArgumentHelp("Images per step.", valueName: "n")) var batch = 16
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try checkRange("batch", batch, 1...1024)
  }

  func run() throws {
    let pool = try threads.pool()
    let peak = MachinePeak.measure(pool) / 1e9
    if !json {
      print(
        "peak \(String(format: "%.0f", peak)) GFLOP/s in \(pool.threadCount) threads, "
          + "batch \(batch)"
      )
    }
    var table = TextTable(["layer", "GMAC", "forward", "input gradient", "weight gradient"])
    let status = StatusLine()
    for (index, layer) in KernelBench.layers.enumerated() {
      status.show("timing \(layer.name), \(index + 1) of \(KernelBench.layers.count) layers")
      let rates = try KernelBench.rates(of: layer, batch: batch, pool)
      let macs = Double(layer.geometry(batch: batch).multiplyAccumulates) / 1e9
      if json {
        status.clear()
        let values = zip(["forward", "inputGradient", "weightGradient"], rates).map {
          "\"\($0)\":\(String(format: "%.1f", $1))"
        }
        print(
          "{\"layer\":\"\(layer.name)\",\"threads\":\(pool.threadCount),"
            + "\"peak\":\(String(format: "%.1f", peak)),\(values.joined(separator: ","))}")
      }
      table.add(
        [layer.name, String(format: "%.2f", macs)] + rates.map { String(format: "%.0f", $0) })
    }
    status.clear()
    if !json { print(table) }
  }
}
