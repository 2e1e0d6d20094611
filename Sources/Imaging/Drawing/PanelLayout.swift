// SPDX-License-Identifier: Apache-2.0

/// Where the parts of a panel lie, from the top: title, notes, headings, rows of pictures with
/// headings, legends and captions, footer.
struct PanelLayout {
  /// What a row has besides its pictures.
  struct Row {
    var hasHeading: Bool
    var hasLegend: Bool
    var hasCaption: Bool
  }

  let cellWidth: Int
  let cellHeight: Int
  let textScale: Int
  let hasTitle: Bool
  let noteCount: Int
  let hasHeadings: Bool
  let columnCount: Int
  let rows: [Row]
  let footerWidth: Int
  let footerHeight: Int

  var margin: Int { 10 * textScale }
  var columnGap: Int { 8 * textScale }
  var captionGap: Int { 4 * textScale }
  var frameThickness: Int { textScale }
  private var rowGap: Int { 7 * textScale }

  private var lineHeight: Int { Image.textHeight(scale: textScale) }
  private var titleHeight: Int {
    hasTitle ? Image.textHeight(scale: textScale + 1) + 6 * textScale : 0
  }
  private var noteHeight: Int { lineHeight + 2 * textScale }
  private var notesHeight: Int { noteCount > 0 ? noteCount * noteHeight + 4 * textScale : 0 }
  private var headingHeight: Int { hasHeadings ? lineHeight + 4 * textScale : 0 }
  var rowHeadingHeight: Int { lineHeight + 3 * textScale }
  var legendBarHeight: Int { 5 * textScale }
  var legendHeight: Int { captionGap + legendBarHeight + 3 * textScale + lineHeight }
  private var gridWidth: Int { columnCount * (cellWidth + columnGap) - columnGap }

  var width: Int { 2 * margin + max(gridWidth, footerWidth) }
  var headingY: Int { margin + titleHeight + notesHeight }
  var footerY: Int { y(rows.count) }
  var height: Int {
    y(rows.count) + (footerHeight > 0 ? footerHeight : rows.isEmpty ? 0 : -rowGap) + margin
  }

  func noteY(_ line: Int) -> Int { margin + titleHeight + line * noteHeight }

  func x(_ column: Int) -> Int {
    (width - gridWidth) / 2 + column * (cellWidth + columnGap)
  }

  /// The top of a row's pictures; of the footer, behind the last row.
  func y(_ row: Int) -> Int {
    var y = headingY + headingHeight
    for (index, parts) in rows.prefix(row + 1).enumerated() {
      if parts.hasHeading { y += rowHeadingHeight }
      if index < row { y += below(parts) }
    }
    return y
  }

  /// From the top of a row's pictures to the next row.
  private func below(_ row: Row) -> Int {
    cellHeight + (row.hasLegend ? legendHeight : 0) + (row.hasCaption ? captionGap + lineHeight : 0)
      + rowGap
  }
}
