// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Network
import Platform
import SharedCommands

/// `ocelli-board bench`.
enum BenchBoard {
  static func run(_ words: [String]) throws(BoardError) -> Int32 {
    let arguments = try ArgumentReader(
      words, options: ["--runs", "--inputs", "--threads"], flags: ["--json", "--profile"],
      help: HelpText.bench, usage: HelpText.benchUsage)
    guard let path = arguments.operands.first, arguments.operands.count == 1 else {
      throw arguments.problem("Expected one model")
    }
    let runs = try arguments.integer("--runs", in: 1...1_000_000, default: 200)
    let inputs = try arguments.integer("--inputs", in: 1...1_000_000, default: 1)
    let threads = try arguments.integer(
      "--threads", in: 1...256, default: Int(ocelli_cpu_count()))
    let timings = try BoardError.wrapping { () throws(CommandError) in
      try (1...threads).map { threads throws(CommandError) in
        try ModelTiming.measure(
          threads: threads, runs: runs, inputs: inputs, profiles: arguments.has("--profile")
        ) { () throws(CommandError) in try Model(contentsOfTFLite: path) }
      }
    }
    StandardStreams.write(
      line: arguments.has("--json") ? ModelTiming.json(timings) : ModelTiming.text(timings))
    return 0
  }
}
