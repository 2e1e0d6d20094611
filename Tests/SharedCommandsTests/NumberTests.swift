// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Text

struct NumberTests {
  @Test func `decimals are those of printf`() {
    let values: [Double] = [
      0, 0.05, 0.25, 12.345, 99.95, -0.75, 1e9, 2.5e-7, 3e22, -6.8e205, 1.7e308,
      .leastNonzeroMagnitude,
    ]
    for value in values {
      #expect(value.text(digits: 1) == String(format: "%.1f", value))
      #expect(value.text(significantDigits: 6) == String(format: "%.6g", value))
    }
    #expect(0.9995.percent == "99.9 %" || 0.9995.percent == "100.0 %")
  }

  @Test func `thousands are told apart`() {
    #expect([0, 999, 1000, 1_234_567].map { $0.grouped } == ["0", "999", "1,000", "1,234,567"])
    #expect((-1000).grouped == "-1,000")
  }

  @Test func `numbers are read whole or not at all`() {
    #expect(Float(text: "127.5") == 127.5 && Float(text: "-1e-3") == -1e-3)
    for text in ["", " 1", "1 ", "1,2", "x", "1x"] { #expect(Float(text: text) == nil, "\(text)") }
  }

  @Test func `a text gives way at its beginning`() {
    #expect("abcdef".ending(columns: 4) == "…def" && "abc".ending(columns: 4) == "abc")
  }
}
