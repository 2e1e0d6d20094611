// SPDX-License-Identifier: Apache-2.0
import Text

/// The words of a command line, told apart: `--name value` or `--name=value`, `--flag`, and
/// operands. Behind `--` all are operands; `-` alone is one.
struct ArgumentReader {
  private(set) var operands: [String] = []
  private var values: [(name: String, value: String)] = []
  private var flags: [String] = []
  private let usage: String

  init(_ words: [String], _ subcommand: Subcommand) throws(BoardError) {
    usage = subcommand.usage
    let options = subcommand.options
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word.isSame("--") {
        operands += words[index...]
        return
      }
      guard word.utf8.starts(with: "-".utf8), !word.isSame("-") else {
        operands.append(word)
        continue
      }
      if word.isSame("--help") || word.isSame("-h") { throw .help(subcommand.help) }
      let parts = word.utf8.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(Substring(parts[0]))
      guard let option = options.first(where: { $0.name.isSame(name) }),
        !option.value.utf8.isEmpty || parts.count == 1
      else { throw .usage("Unknown option '\(name)'", help: usage) }
      if option.value.utf8.isEmpty {
        flags.append(name)
      } else if parts.count == 1 {
        guard index < words.count else {
          throw .usage("Missing value for '\(name)'", help: usage)
        }
        values.append((name, words[index]))
        index += 1
      } else {
        values.append((name, String(Substring(parts[1]))))
      }
    }
  }

  func has(_ flag: String) -> Bool { flags.contains { $0.isSame(flag) } }

  /// The last value of an option.
  subscript(option: String) -> String? { values.last { $0.name.isSame(option) }?.value }

  /// The value of an option as a number in `range`.
  func integer(
    _ option: String, in range: ClosedRange<Int>, default value: Int
  ) throws(BoardError) -> Int {
    guard let text = self[option] else { return value }
    guard let number = Int(text) else {
      throw .usage("The value '\(text)' is invalid for '\(option)'", help: usage)
    }
    guard range.contains(number) else {
      throw .usage(
        "\(option) \(number): expected \(range.lowerBound) to \(range.upperBound)", help: usage)
    }
    return number
  }

  func problem(_ text: String) -> BoardError { .usage(text, help: usage) }
}
