// SPDX-License-Identifier: Apache-2.0
import CPlatform

extension Double {
  /// The number in decimals, with so many digits behind the point; halves as `printf` rounds them.
  package func text(digits: Int) -> String { text(digits, areSignificant: false) }

  /// The number with so many significant digits, without zeros at its end.
  package func text(significantDigits digits: Int) -> String {
    text(digits, areSignificant: true)
  }

  private func text(_ digits: Int, areSignificant: Bool) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { text in
      guard let start = text.baseAddress else { return "" }
      let count = ocelli_number_text(self, Int32(digits), areSignificant, start, text.count)
      return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
  }

  /// A share of 1 in per cent, such as `97.3 %`.
  package var percent: String { (self * 100).text(digits: 1) + " %" }
}

extension Float {
  /// The number that a text is, all of it.
  package init?(text: String) {
    var value: Float = 0
    guard text.withCString({ ocelli_parse_float($0, &value) }) else { return nil }
    self = value
  }
}

extension BinaryInteger {
  /// The number with a comma between thousands.
  package var grouped: String {
    let digits = String(self)
    var text = ""
    var left = digits.utf8.count
    for scalar in digits.unicodeScalars {
      text.unicodeScalars.append(scalar)
      left -= 1
      if left > 0, left % 3 == 0, scalar != "-" { text += "," }
    }
    return text
  }
}

/// The number in small hexadecimal digits, with zeros in front.
package func hexadecimal(_ number: UInt64, digits: Int = 16) -> String {
  let text = String(number, radix: 16)
  return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
