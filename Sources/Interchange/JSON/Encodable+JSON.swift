// SPDX-License-Identifier: Apache-2.0
import Foundation

extension Encodable {
  /// What files and `--json` have of one result: indented, the same bytes for the same content.
  package func json() throws -> String {
    try text([.sortedKeys, .prettyPrinted])
  }

  /// The same in one line.
  package func jsonLine() throws -> String { try text(.sortedKeys) }

  private func text(_ formatting: JSONEncoder.OutputFormatting) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting.union(.withoutEscapingSlashes)
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
