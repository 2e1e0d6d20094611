// SPDX-License-Identifier: Apache-2.0

extension Double {
  /// The number in decimals as `printf` writes `%f`, with 0 to 17 digits behind the point.
  package func text(digits: Int) -> String {
    var text = DecimalText(self)
    if isFinite {
      let behind = min(max(digits, 0), 17)
      text.append(magnitude.digits(timesTenTo: behind), behind: behind)
    }
    return text.string
  }

  /// The number as `printf` writes `%g`, with 1 to 17 significant digits: without zeros at its end,
  /// and with a power of ten if it is far from 1.
  package func text(significantDigits digits: Int) -> String {
    var text = DecimalText(self)
    if isFinite { text.append(magnitude, significantDigits: min(max(digits, 1), 17)) }
    return text.string
  }

  /// The integer nearest to this number · 10^`power`, of two the even one: its decimal digits, the
  /// last first; none of 0. The number is finite and not negative.
  fileprivate func digits(timesTenTo power: Int) -> [UInt8] {
    // The number is mantissa · 2^(exponent − 2): two bits more than wanted are computed, and
    // whether any behind them is set.
    let isNormal = exponentBitPattern > 0
    var x = LongInteger(significandBitPattern | (isNormal ? 1 << 52 : 0))
    var exponent = Int(isNormal ? exponentBitPattern : 1) - 1075 + 2
    var isInexact = false
    for _ in 0..<max(power, 0) { x.multiply(by: 10) }
    while exponent > 0 {
      let bits = min(exponent, 16)
      x.multiply(by: 1 << UInt32(bits))
      exponent -= bits
    }
    while exponent < 0, !x.isZero {
      let bits = min(-exponent, 16)
      if x.divide(by: 1 << UInt32(bits)) != 0 { isInexact = true }
      exponent += bits
    }
    var left = power
    while left < 0, !x.isZero {
      if x.divide(by: 10) != 0 { isInexact = true }
      left += 1
    }
    let rest = x.divide(by: 4)
    if rest == 3 || rest == 2 && (isInexact || x.isOdd) { x.increment() }
    var digits: [UInt8] = []
    while !x.isZero { digits.append(UInt8(ascii: "0") + UInt8(x.divide(by: 10))) }
    return digits
  }

  /// A share of 1 in per cent, such as `97.3 %`.
  package var percent: String { (self * 100).text(digits: 1) + " %" }
}

/// A non-negative integer. 2¹⁰²⁴ · 10¹⁷ fits, and so does 2⁵³ · 10³⁴⁵.
private struct LongInteger {
  /// The low 32 bits first.
  private var limbs = [UInt32](repeating: 0, count: 40)

  init(_ value: UInt64) {
    limbs[0] = UInt32(truncatingIfNeeded: value)
    limbs[1] = UInt32(truncatingIfNeeded: value >> 32)
  }

  var isZero: Bool { limbs.allSatisfy { $0 == 0 } }
  var isOdd: Bool { limbs[0] & 1 == 1 }

  mutating func multiply(by factor: UInt32) {
    var carry: UInt64 = 0
    for i in limbs.indices {
      carry &+= UInt64(limbs[i]) &* UInt64(factor)
      limbs[i] = UInt32(truncatingIfNeeded: carry)
      carry &>>= 32
    }
  }

  /// Divides, and returns the remainder.
  mutating func divide(by divisor: UInt32) -> UInt32 {
    var rest: UInt64 = 0
    for i in limbs.indices.reversed() {
      let (quotient, remainder) = (rest &<< 32 | UInt64(limbs[i])).quotientAndRemainder(
        dividingBy: UInt64(divisor))
      limbs[i] = UInt32(truncatingIfNeeded: quotient)
      rest = remainder
    }
    return UInt32(truncatingIfNeeded: rest)
  }

  mutating func increment() {
    for i in limbs.indices {
      limbs[i] &+= 1
      if limbs[i] != 0 { return }
    }
  }
}

/// A number's text while it is put together.
private struct DecimalText {
  private var bytes: [UInt8] = []

  /// The sign, and all of a number that is not finite.
  init(_ value: Double) {
    if value.sign == .minus { append("-") }
    if value.isNaN { append("nan") } else if value.isInfinite { append("inf") }
  }

  var string: String { String(decoding: bytes, as: UTF8.self) }

  private mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Appends digits, the last first, with a point in front of the last `behind` of them.
  mutating func append(_ digits: [UInt8], behind: Int) {
    for i in stride(from: max(digits.count - 1, behind), through: 0, by: -1) {
      bytes.append(i < digits.count ? digits[i] : UInt8(ascii: "0"))
      if i == behind, behind > 0 { append(".") }
    }
  }

  mutating func append(_ value: Double, significantDigits count: Int) {
    // 1233 / 4096 is the logarithm of 2: this is the logarithm of the number, or one less.
    var power = value == 0 ? 0 : (Int(value.exponent) * 1233) >> 12
    var digits = value.digits(timesTenTo: count - 1 - power)
    // Rounding may make one digit more.
    while digits.count > count {
      power += 1
      digits = value.digits(timesTenTo: count - 1 - power)
    }
    if value != 0, digits.count < count {
      power -= 1
      digits = value.digits(timesTenTo: count - 1 - power)
    }
    let isPlain = power >= -4 && power < count
    append(digits, behind: isPlain ? count - 1 - power : count - 1)
    stripZeros()
    if !isPlain { append(power: power) }
  }

  /// Removes zeros at the end of a fraction, and a point that nothing follows.
  private mutating func stripZeros() {
    guard bytes.contains(UInt8(ascii: ".")) else { return }
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
  }

  /// Appends a power of ten in two digits or three.
  private mutating func append(power: Int) {
    append(power < 0 ? "e-" : "e+")
    let size = abs(power)
    if size >= 100 { bytes.append(UInt8(ascii: "0") + UInt8(size / 100)) }
    bytes.append(UInt8(ascii: "0") + UInt8(size / 10 % 10))
    bytes.append(UInt8(ascii: "0") + UInt8(size % 10))
  }
}

extension Float {
  /// The number that a text is, all of it, in decimals such as `-1.5e-3`. Of numbers that people
  /// write, the nearest there is.
  package init?(text: String) {
    var rest = Substring(text).utf8
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    var number = 0.0
    let whole = Self.readDigits(&rest, into: &number)
    var behind = 0
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      behind = Self.readDigits(&rest, into: &number)
    }
    guard whole + behind > 0 else { return nil }
    var power = 0.0
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      let isSmall = rest.first == UInt8(ascii: "-")
      if isSmall || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
      guard Self.readDigits(&rest, into: &power) > 0 else { return nil }
      if isSmall { power = -power }
    }
    guard rest.isEmpty else { return nil }
    power -= Double(behind)
    // Of short numbers the factor is exact, too.
    var scale = power.magnitude < 400 ? 1 : Double.infinity
    for _ in 0..<Int(min(power.magnitude, 400)) { scale *= 10 }
    let value = number == 0 ? 0 : power < 0 ? number / scale : number * scale
    self = Float(isNegative ? -value : value)
  }

  /// Takes decimal digits off the front of `text` and appends them to those of `value`.
  /// - Returns: How many there were.
  private static func readDigits(_ text: inout Substring.UTF8View, into value: inout Double) -> Int
  {
    var count = 0
    while let byte = text.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
      value = 10 * value + Double(byte - UInt8(ascii: "0"))
      text.removeFirst()
      count += 1
    }
    return count
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
