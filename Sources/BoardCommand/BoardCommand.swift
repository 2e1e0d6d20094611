// SPDX-License-Identifier: Apache-2.0
import CPlatform
import Platform
import SharedCommands
import Text

/// The command `ocelli-board`: what classifies on the device, without Foundation.
///
/// Wrong usage exits with 64, everything else that goes wrong with 1 and one line.
@_cdecl("main") public func main(
  count: Int32, arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
  var words: [String] = []
  for index in 1..<max(1, Int(count)) {
    if let word = arguments[index] { words.append(String(cString: word)) }
  }
  ocelli_line_buffer_output()
  let code = BoardCommand.run(words)
  guard ocelli_flush_output() == 0 else { return code }
  BoardCommand.report("standard output was not written: is the disk full?")
  return 1
}

enum BoardCommand {
  static let name = "ocelli-board"

  /// Runs the subcommand that the first word names.
  /// - Returns: The code to exit with.
  static func run(_ words: [String]) -> Int32 {
    guard let first = words.first else {
      StandardStreams.write(line: Subcommand.allHelp)
      return 64
    }
    if let problem = Build.missingFeature {
      report(problem)
      return 1
    }
    let rest = Array(words.dropFirst())
    do throws(BoardError) {
      if let subcommand = Subcommand(first) { return try subcommand.run(rest) }
      if first.isSame("--version") {
        StandardStreams.write(line: Build.description(of: name))
        return 0
      }
      guard first.isSame("--help") || first.isSame("-h") || first.isSame("help") else {
        throw .usage("Unknown command '\(first)'", help: Subcommand.allUsage)
      }
      let subcommand = rest.first.flatMap { Subcommand($0) }
      throw .help(subcommand?.help ?? Subcommand.allHelp)
    } catch {
      switch error {
      case .help(let text):
        StandardStreams.write(line: text)
        return 0
      case .usage(let problem, let help):
        StandardStreams.writeError(line: "Error: \(problem)")
        StandardStreams.writeError(line: "Usage: \(help)")
        return 64
      case .failed(let problem):
        report(problem)
        return 1
      }
    }
  }

  /// Tells about something that went wrong in one line.
  static func report(_ message: String) {
    StandardStreams.writeError(line: "\(name): error: \(message)")
  }
}

/// How a subcommand ends early.
enum BoardError: Error {
  /// Help was asked for.
  case help(String)
  /// The command line is wrong.
  case usage(String, help: String)
  /// Something that a user can do something about.
  case failed(String)

  /// What `body` gives, or why it fails.
  static func wrapping<Value>(_ body: () throws(CommandError) -> Value) throws(BoardError) -> Value
  { do throws(CommandError) { return try body() } catch { throw .failed(error.description) } }
}

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
        guard index < words.count else { throw .usage("Missing value for '\(name)'", help: usage) }
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
  func integer(_ option: String, in range: ClosedRange<Int>, default value: Int) throws(BoardError)
    -> Int
  {
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
