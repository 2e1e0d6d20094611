// SPDX-License-Identifier: Apache-2.0

/// Where the parts of a panel lie, from the top: title, notes, headings, rows of pictures with
/// legends and captions, footer.
struct PanelLayout {
  let cellWidth: Int
  let cellHeight: Int
  let textScale: Int
  let hasTitle: Bool
  let noteCount: Int
  let hasHeadings: Bool
  let hasCaptions: Bool
  let hasLegends: Bool
  let columnCount: Int
  let rowCount: Int
  let footerWidth: Int
  let footerHeight: Int

  var margin: Int { 10 * textScale }
  var columnGap: Int { 8 * textScale }
  var captionGap: Int { 4 * textScale }
  var frameThickness: Int { textScale }

  private var lineHeight: Int { Image.textHeight(scale: textScale) }
  private var titleHeight: Int {
    hasTitle ? Image.textHeight(scale: textScale + 1) + 6 * textScale : 0
  }
  private var noteHeight: Int { lineHeight + 2 * textScale }
  private var notesHeight: Int { noteCount > 0 ? noteCount * noteHeight + 4 * textScale : 0 }
  private var headingHeight: Int { hasHeadings ? lineHeight + 4 * textScale : 0 }
  private var rowHeight: Int {
    cellHeight + legendHeight + (hasCaptions ? captionGap + lineHeight : 0) + 7 * textScale
  }
  var legendBarHeight: Int { 5 * textScale }
  var legendHeight: Int {
    hasLegends ? captionGap + legendBarHeight + 3 * textScale + lineHeight : 0
  }
  private var gridWidth: Int { columnCount * (cellWidth + columnGap) - columnGap }

  var width: Int { 2 * margin + max(gridWidth, footerWidth) }
  var headingY: Int { margin + titleHeight + notesHeight }
  var footerY: Int { y(rowCount) }
  var height: Int {
    y(rowCount) + (footerHeight > 0 ? footerHeight : -7 * textScale) + margin
  }

  func noteY(_ line: Int) -> Int { margin + titleHeight + line * noteHeight }

  func x(_ column: Int) -> Int {
    (width - gridWidth) / 2 + column * (cellWidth + columnGap)
  }

  func y(_ row: Int) -> Int { headingY + headingHeight + row * rowHeight }
}
