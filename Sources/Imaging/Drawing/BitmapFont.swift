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
  public mutating func drawText(_ text: String, x: Int, y: Int, scale: Int = 2, color: Color = .ink)
  {
    var left = x
    for character in text.utf8 where BitmapFont.startsCharacter(character) {
      let glyph = BitmapFont.glyphIndex(character)
      let advance = BitmapFont.width(glyph) + 1
      drawGlyph(glyph, x: left, y: y, columns: advance, scale: scale, color: color)
      left += advance * scale
    }
  }

  /// As much of `text` as fits in `width` pixels, ending in two dots if shortened.
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

/// A small proportional font of printable ASCII: capitals are 7 pixels high, and 2 lie below the
/// baseline.
enum BitmapFont {
  static let rowCount = 9
  static let columnCount = 5
  /// Pixels of the space, and of a character that the font lacks.
  private static let blankWidth = 3
  private static let glyphsPerLine = 16

  /// Whether a byte of UTF-8 is the first of its character.
  static func startsCharacter(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }

  /// The glyph of a character, or of `?` when it is not printable ASCII.
  static func glyphIndex(_ character: UInt8) -> Int {
    (0x20...0x7E).contains(character) ? Int(character) - 0x20 : Int(UInt8(ascii: "?")) - 0x20
  }

  /// Whether a pixel of a glyph is set; none is outside of its box.
  static func isSet(_ glyph: Int, x: Int, y: Int) -> Bool {
    guard (0..<columnCount).contains(x), (0..<rowCount).contains(y) else { return false }
    let lineLength = glyphsPerLine * (columnCount + 1)
    let line = glyph / glyphsPerLine * rowCount + y
    let offset = line * lineLength + glyph % glyphsPerLine * (columnCount + 1) + x
    return glyphs.utf8Start[offset] == UInt8(ascii: "#")
  }

  /// The columns up to the last that has a pixel.
  static func width(_ glyph: Int) -> Int {
    for x in stride(from: columnCount - 1, through: 0, by: -1) {
      for y in 0..<rowCount where isSet(glyph, x: x, y: y) { return x + 1 }
    }
    return blankWidth
  }

  /// How much of a point is covered by ink, from 0 to 1: interpolated between the font's pixels and
  /// sharpened, so that enlarged strokes have round corners. `x` and `y` are in pixels of the font.
  static func coverage(_ glyph: Int, x: Float, y: Float, scale: Int) -> Float {
    let (left, top) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
    let (along, down) = (x - 0.5 - left, y - 0.5 - top)
    func ink(_ dx: Int, _ dy: Int) -> Float {
      isSet(glyph, x: Int(left) + dx, y: Int(top) + dy) ? 1 : 0
    }
    let upper = ink(0, 0) * (1 - along) + ink(1, 0) * along
    let lower = ink(0, 1) * (1 - along) + ink(1, 1) * along
    let level = upper * (1 - down) + lower * down
    return min(max((level - 0.5) * Float(scale) + 0.5, 0), 1)
  }

  /// The printable ASCII characters from the space on, 16 side by side: 5 columns each and one
  /// between, 9 rows of which the last two lie below the baseline. Narrow characters stand at the
  /// left.
  static let glyphs: StaticString = """
    ..... #.... #.#.. .#.#. ..#.. ##..# .##.. #.... ..#.. #.... ..... ..... ..... ..... ..... ....#
    ..... #.... #.#.. .#.#. .#### ##..# #..#. #.... .#... .#... ..#.. ..#.. ..... ..... ..... ....#
    ..... #.... ..... ##### #.#.. ...#. #..#. ..... #.... ..#.. #.#.# ..#.. ..... ..... ..... ...#.
    ..... #.... ..... .#.#. .###. ..#.. .##.. ..... #.... ..#.. .###. ##### ..... ####. ..... ..#..
    ..... #.... ..... ##### ..#.# .#... #.#.# ..... #.... ..#.. #.#.# ..#.. ..... ..... ..... .#...
    ..... ..... ..... .#.#. ####. #..## #..#. ..... .#... .#... ..#.. ..#.. .#... ..... ..... #....
    ..... #.... ..... .#.#. ..#.. #..## .##.# ..... ..#.. #.... ..... ..... .#... ..... #.... #....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... #.... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    .###. ..#.. .###. .###. ...#. ##### ..##. ##### .###. .###. ..... ..... ...#. ..... #.... .###.
    #...# .##.. #...# #...# ..##. #.... .#... ....# #...# #...# ..... ..... ..#.. ..... .#... #...#
    #..## ..#.. ....# ....# .#.#. ####. #.... ...#. #...# #...# #.... .#... .#... ####. ..#.. ....#
    #.#.# ..#.. ...#. ..##. #..#. ....# ####. ..#.. .###. .#### ..... ..... #.... ..... ...#. ...#.
    ##..# ..#.. ..#.. ....# ##### ....# #...# ..#.. #...# ....# ..... ..... .#... ####. ..#.. ..#..
    #...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#. ..... .#... ..#.. ..... .#... .....
    .###. .###. ##### .###. ...#. .###. .###. .#... .###. .##.. #.... .#... ...#. ..... #.... ..#..
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... #.... ..... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    .###. .###. ####. .###. ####. ##### ##### .###. #...# ###.. ...#. #...# #.... #...# #...# .###.
    #...# #...# #...# #...# #...# #.... #.... #...# #...# .#... ...#. #..#. #.... ##.## ##..# #...#
    #.### #...# #...# #.... #...# #.... #.... #.... #...# .#... ...#. #.#.. #.... #.#.# ##..# #...#
    #.#.# ##### ####. #.... #...# ####. ####. #.### ##### .#... ...#. ##... #.... #.#.# #.#.# #...#
    #.### #...# #...# #.... #...# #.... #.... #...# #...# .#... ...#. #.#.. #.... #...# #..## #...#
    #.... #...# #...# #...# #...# #.... #.... #...# #...# .#... #..#. #..#. #.... #...# #..## #...#
    .###. #...# ####. .###. ####. ##### #.... .###. #...# ###.. .##.. #...# ####. #...# #...# .###.
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    ####. .###. ####. .#### ##### #...# #...# #...# #...# #...# ##### ###.. #.... ###.. ..#.. .....
    #...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....# #.... #.... ..#.. .#.#. .....
    #...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#. #.... .#... ..#.. #...# .....
    ####. #...# ####. .###. ..#.. #...# #...# #.#.# ..#.. ..#.. ..#.. #.... ..#.. ..#.. ..... .....
    #.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... #.... ...#. ..#.. ..... .....
    #.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #.... #.... ....# ..#.. ..... .....
    #.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. ##### ###.. ....# ###.. ..... .....
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... #####
    ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....
    #.... ..... #.... ..... ...#. ..... ..##. ..... #.... #.... ..#.. #.... #.... ..... ..... .....
    .#... ..... #.... ..... ...#. ..... .#... ..... #.... ..... ..... #.... #.... ..... ..... .....
    ..... .##.. ###.. .###. .###. .##.. ####. .###. ###.. #.... ..#.. #..#. #.... ####. ###.. .##..
    ..... ...#. #..#. #.... #..#. #..#. .#... #..#. #..#. #.... ..#.. #.#.. #.... #.#.# #..#. #..#.
    ..... .###. #..#. #.... #..#. ####. .#... #..#. #..#. #.... ..#.. ##... #.... #.#.# #..#. #..#.
    ..... #..#. #..#. #.... #..#. #.... .#... #..#. #..#. #.... ..#.. #.#.. #.... #.#.# #..#. #..#.
    ..... .###. ###.. .###. .###. .###. .#... .###. #..#. #.... ..#.. #..#. .#... #.#.# #..#. .##..
    ..... ..... ..... ..... ..... ..... ..... ...#. ..... ..... #.#.. ..... ..... ..... ..... .....
    ..... ..... ..... ..... ..... ..... ..... .##.. ..... ..... .#... ..... ..... ..... ..... .....
    ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... ..##. #.... ##... ..... .....
    ..... ..... ..... ..... .#... ..... ..... ..... ..... ..... ..... .#... #.... ..#.. ..... .....
    ###.. .###. #.#.. .###. ####. #..#. #...# #...# #...# #..#. ####. .#... #.... ..#.. .#..# .....
    #..#. #..#. ##... #.... .#... #..#. #...# #.#.# .#.#. #..#. ...#. #.... #.... ...#. #.#.# .....
    #..#. #..#. #.... .##.. .#... #..#. .#.#. #.#.# ..#.. #..#. .##.. .#... #.... ..#.. #..#. .....
    #..#. #..#. #.... ...#. .#... #..#. .#.#. #.#.# .#.#. #..#. #.... .#... #.... ..#.. ..... .....
    ###.. .###. #.... ###.. ..##. .###. ..#.. .#.#. #...# .###. ####. ..##. #.... ##... ..... .....
    #.... ...#. ..... ..... ..... ..... ..... ..... ..... ...#. ..... ..... #.... ..... ..... .....
    #.... ...#. ..... ..... ..... ..... ..... ..... ..... .##.. ..... ..... #.... ..... ..... .....
    """
}
