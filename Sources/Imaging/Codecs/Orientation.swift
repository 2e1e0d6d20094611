// SPDX-License-Identifier: Apache-2.0

/// How the stored pixels of a picture have to be turned to stand upright: EXIF's tag 0x0112
/// (CIPA DC-008, 4.6.5.1.6).
///
///     value            1  2  3  4  5  6  7  8
///     mirrorsColumns      ×  ×           ×  ×
///     mirrorsRows            ×  ×     ×  ×
///     isTransposed                 ×  ×  ×  ×
///
/// Mirroring comes first: with all three, pixel (x, y) of the upright picture is the stored pixel
/// (width − 1 − y, height − 1 − x).
package struct Orientation: Equatable, Sendable {
  package var mirrorsColumns = false
  package var mirrorsRows = false
  /// Whether stored rows are columns of the upright picture.
  package var isTransposed = false

  /// Upright as it is stored.
  package init() {}

  package init(mirrorsColumns: Bool, mirrorsRows: Bool, isTransposed: Bool) {
    self.mirrorsColumns = mirrorsColumns
    self.mirrorsRows = mirrorsRows
    self.isTransposed = isTransposed
  }

  /// The orientation that an EXIF block names. Upright where the block is damaged, names none, or
  /// names one that does not exist: then viewers turn nothing either.
  package init(exif bytes: UnsafeRawBufferPointer) {
    guard let value = Self.value(in: TIFFBlock(bytes)) else { return }
    mirrorsColumns = [2, 3, 7, 8].contains(value)
    mirrorsRows = [3, 4, 6, 7].contains(value)
    isTransposed = (5...8).contains(value)
  }

  private static func value(in block: TIFFBlock?) -> Int? {
    guard let block, let directory = block.long(at: 4), let count = block.short(at: directory)
    else { return nil }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = block.short(at: start) else { return nil }
      if tag != 0x0112 { continue }
      // A SHORT; some writers take a LONG.
      return block.short(at: start + 2) == 4
        ? block.long(at: start + 8) : block.short(at: start + 8)
    }
    return nil
  }
}

/// Numbers in a block of TIFF, which EXIF is made of; offsets count from its start.
private struct TIFFBlock {
  private let bytes: UnsafeRawBufferPointer
  private let isLittleEndian: Bool

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 8 else { return nil }
    switch (bytes[0], bytes[1]) {
    case (0x49, 0x49): isLittleEndian = true
    case (0x4D, 0x4D): isLittleEndian = false
    default: return nil
    }
    self.bytes = bytes
  }

  func short(at offset: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - 2 else { return nil }
    let (first, second) = (Int(bytes[offset]), Int(bytes[offset + 1]))
    return isLittleEndian ? second << 8 | first : first << 8 | second
  }

  /// `nil` for numbers from 2³⁰, which no block is long enough for.
  func long(at offset: Int) -> Int? {
    guard let first = short(at: offset), let second = short(at: offset + 2) else { return nil }
    let (low, high) = isLittleEndian ? (first, second) : (second, first)
    return high < 1 << 14 ? high << 16 | low : nil
  }
}
