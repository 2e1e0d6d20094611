// SPDX-License-Identifier: Apache-2.0
import Network
import Platform
import SharedCommands

/// `ocelli-board info`.
enum InfoBoard {
  static func run(_ words: [String]) throws(BoardError) -> Int32 {
    let arguments = try ArgumentReader(
      words, options: [], flags: ["--json"], help: HelpText.info, usage: HelpText.infoUsage)
    guard let path = arguments.operands.first, arguments.operands.count == 1 else {
      throw arguments.problem("Expected one model")
    }
    let summary = try BoardError.wrapping { () throws(CommandError) in
      try ModelSummary(Model(contentsOfTFLite: path), path: path, batch: 1)
    }
    StandardStreams.write(line: arguments.has("--json") ? summary.json : summary.text)
    return 0
  }
}
