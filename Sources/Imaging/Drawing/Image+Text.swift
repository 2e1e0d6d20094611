// SPDX-License-Identifier: Apache-2.0

/// One line of text in a font whose capitals are 7 · `scale` pixels high. Characters that are not
/// printable ASCII show as `?`.
extension Image {
  /// The height of a line, from the top of a capital to the bottom of a descender.
  public static func textHeight(scale: Int = 2) -> Int { BitmapFont.rowCount * scale }

  /// The pixels that `text` takes from left to right.
  public static func textWidth(_ text: String, scale: Int = 2) -> Int {
    var width = 0
    for byte in text.utf8 where BitmapFont.startsCharacter(byte) {
      width += BitmapFont.width(BitmapFont.glyphIndex(byte)) + 1
    }
    return max(0, width - 1) * scale
  }

  /// Writes `text` so that its first capital's upper left pixel is at (`x`, `y`); clips.
  public mutating func drawText(
    _ text: String, x: Int, y: Int, scale: Int = 2, color: Color = .ink
  ) {
    var left = x
    for character in text.utf8 where BitmapFont.startsCharacter(character) {
      let glyph = BitmapFont.glyphIndex(character)
      let advance = BitmapFont.width(glyph) + 1
      drawGlyph(glyph, x: left, y: y, columns: advance, scale: scale, color: color)
      left += advance * scale
    }
  }

  /// As much of `text` as fits in `width` pixels; two dots stand for what does not.
  public static func fitted(_ text: String, width: Int, scale: Int = 2) -> String {
    guard textWidth(text, scale: scale) > width else { return text }
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      bytes.removeLast()
      let shortened = String(decoding: bytes, as: UTF8.self) + ".."
      if textWidth(shortened, scale: scale) <= width { return shortened }
    }
    return ""
  }

  private mutating func drawGlyph(
    _ glyph: Int, x: Int, y: Int, columns: Int, scale: Int, color: Color
  ) {
    for row in 0..<BitmapFont.rowCount * scale {
      for column in 0..<columns * scale {
        let coverage = BitmapFont.coverage(
          glyph, x: (Float(column) + 0.5) / Float(scale), y: (Float(row) + 0.5) / Float(scale),
          scale: scale)
        mix(x: x + column, y: y + row, color: color, amount: coverage)
      }
    }
  }
}
