// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Network
import Ocelli
import SharedCommands
import Training

struct BenchModel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Time the inference of a model, and each of its operations.",
    usage: "ocelli bench model <file> [<options>]",
    discussion: """
      Load and first inference once, then the median and the 99th percentile over --runs, for one \
      thread up to --threads, on inputs by chance. With --profile each operation by itself: the \
      best of its runs, its share of the time, and its rate (two operations a multiply-accumulate).

        ocelli bench model model.tflite --threads 2 --profile
      """)

  @Argument(help: "A .tflite or .safetensors model.") var file: String
  @Option(help: ArgumentHelp("Inferences to time.", valueName: "n")) var runs = 200
  @Option(help: ArgumentHelp("Inputs by chance that the checksum is of.", valueName: "n"))
  var inputs = 1
  @Flag(help: "Show the time of each operation.") var profile = false
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
