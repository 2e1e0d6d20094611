// SPDX-License-Identifier: Apache-2.0
import Foundation

extension Encodable {
  /// What `--json` prints of one result: indented, the same bytes for the same content.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
