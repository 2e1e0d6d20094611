// SPDX-License-Identifier: Apache-2.0
import SharedCommands
import Testing

struct SelfTestTests {
  /// The expected checksums are constants: each build and number of threads must give them.
  @Test(arguments: [1, 2, 3]) func `this CPU computes what all others do`(threads: Int) {
    var problems: [String] = []
    var count = 0
    let isRight = SelfTest.run(threads: threads) { name, problem in
      count += 1
      if let problem { problems.append("\(name): \(problem)") }
    }
    #expect(problems == [])
    #expect(isRight && count > 20)
  }
}
