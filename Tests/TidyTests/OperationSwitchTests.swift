// SPDX-License-Identifier: Apache-2.0
import Testing

/// Whoever adds an operation is told by the compiler what is missing: no switch over operations has
/// a `default:`.
struct OperationSwitchTests {
  @Test func `no switch over an operation has a default`() {
    let files = SourceFile.swift.filter { $0.path.hasPrefix("Sources/") }
    #expect(files.flatMap { Self.offences($0.path, $0.lines) } == [])
  }

  @Test func `defaults are seen`() {
    let inside = """
      extension Operation {
        var isInput: Bool {
          switch self {
          case .input: true
          default: false
          }
        }
      }
      """
    let outside = """
        return switch graph.nodes[node].operation {
        case .input:
          switch other {
          default: 1
          }
        default: 2
        }
      """
    for text in [inside, outside] {
      #expect(Self.offences("file", text.split(separator: "\n")).count == 1)
    }
  }

  /// Formatted code puts the cases of a switch at the indentation of its line.
  private static func offences(_ path: String, _ lines: [Substring]) -> [String] {
    var isOperation = false
    return lines.indices.flatMap { first -> [String] in
      let line = lines[first]
      if !line.hasPrefix(" "), !line.isEmpty {
        isOperation =
          line.contains("extension Operation") || line.contains("enum Operation")
          || line.contains("extension Network.Operation")
      }
      guard line.hasSuffix("{"), let subject = line.firstRange(of: "switch ") else { return [] }
      let name = line[subject.upperBound...].dropLast(2)
      guard name.hasSuffix(".operation") || isOperation && name == "self" else { return [] }
      let indentation = line.prefix { $0 == " " }
      let body = lines[(first + 1)...].prefix { $0 != indentation + "}" }
      return body.contains { $0.hasPrefix(indentation + "default:") }
        ? ["\(path):\(first + 1): \(line)"] : []
    }
  }
}
