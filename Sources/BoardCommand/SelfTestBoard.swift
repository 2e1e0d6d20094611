// SPDX-License-Identifier: Apache-2.0
import Platform
import SharedCommands

/// `ocelli-board selftest`.
enum SelfTestBoard {
  static func run(_ words: [String]) throws(BoardError) -> Int32 {
    let arguments = try ArgumentReader(
      words, options: ["--threads"], flags: [], help: HelpText.selfTest,
      usage: HelpText.selfTestUsage)
    guard arguments.operands.isEmpty else { throw arguments.problem("Expected no operand") }
    let threads = try arguments.integer("--threads", in: 1...256, default: 1)
    let isRight = SelfTest.run(threads: threads) { name, problem in
      StandardStreams.write(line: "\(name): \(problem ?? "pass")")
    }
    if !isRight {
      throw .failed("this CPU does not compute what others do; do not trust its answers")
    }
    return 0
  }
}
