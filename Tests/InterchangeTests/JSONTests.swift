// SPDX-License-Identifier: Apache-2.0
import Interchange
import Testing
import Text

struct JSONTests {
  @Test(arguments: [
    "null", "true", "[]", "{}", "[1,-2,0.5,1e+30,\"\",{\"b\":[null],\"a\":false}]",
    #""\u0001\b\f\n\r\t\"\\ é 🦋""#, "9223372036854775807",
  ])
  func `text comes back as it was`(text: String) throws {
    #expect(try JSONReader.read(text).text == text)
  }

  @Test func `escapes and white space are understood`() throws {
    let value = try JSONReader.read(" [ \"\\u00e9\\ud83e\\uDD8B\\/\" ,\r\n\t1E2 , -0 ] ")
    #expect(value == .array([.string("é🦋/"), .number(100), .integer(0)]))
  }

  @Test func `keys that only look alike are two keys`() throws {
    #expect(throws: Never.self) { try JSONReader.read("{\"\u{E9}\":1,\"e\u{301}\":2}") }
  }

  @Test(arguments: [
    "", "tru", "1.", ".5", "+1", "1e", "1e999", "[1,]", "{\"a\":1,}", "[1 2]", "'a'", "\"\t\"",
    "\"\\u12\"", "\"\\udc00\"", "nan", "{a:1}", "1 1", "\u{FEFF}1",
  ])
  func `what is not JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.read(text) }
  }
}
