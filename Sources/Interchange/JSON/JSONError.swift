// SPDX-License-Identifier: Apache-2.0

/// Text that is not JSON, or not JSON that can be trusted.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Expectation: Equatable, Sendable {
    case value, commaOrEnd, colon, key, endOfText, stringEnd, escape, validUTF8, number
    /// The key of an object occurs twice.
    case uniqueKey(String)
    /// Arrays and objects stand in one another deeper than this.
    case depth(atMost: Int)
  }

  /// Bytes from the start of the text.
  package let offset: Int
  package let expectation: Expectation

  package var description: String {
    let text =
      switch expectation {
      case .value: "expected a value"
      case .commaOrEnd: "expected ',' or the closing bracket"
      case .colon: "expected ':'"
      case .key: "expected a key in double quotes"
      case .endOfText: "expected the end"
      case .stringEnd: "expected the closing '\"' of a string"
      case .escape: "expected an escape that JSON has"
      case .validUTF8: "expected valid UTF-8"
      case .number: "expected a number that JSON has and a Double holds"
      case .uniqueKey(let key): "key \"\(key)\" stands twice in one object"
      case .depth(let limit): "expected at most \(limit) levels of nesting"
      }
    return "byte \(offset): \(text)"
  }
}
