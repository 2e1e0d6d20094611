// SPDX-License-Identifier: Apache-2.0
import Testing
package import Text

/// A number of a file of golden values.
package func number(_ value: JSONValue?) throws -> Double {
  switch try #require(value) {
  case .integer(let integer): Double(integer)
  case .number(let number): number
  case let other: throw NotANumber(value: other)
  }
}

package func elements(_ value: JSONValue?) throws -> [JSONValue] {
  guard case .array(let elements) = try #require(value) else { throw NotANumber(value: value) }
  return elements
}

private struct NotANumber: Error { let value: JSONValue? }
