// SPDX-License-Identifier: Apache-2.0

/// Pictures in a grid on white, with title, headings, captions and a footer.
///
/// Pictures of at most half a cell are enlarged by a whole factor, with sharp pixels; others are
/// scaled to fit. Each is centred.
package struct Panel: Sendable {
  /// One picture and what is said about it.
  package struct Cell: Sendable {
    package var image: Image
    package var caption: String
    /// Marks the caption, and frames the picture, in green or red.
    package var verdict: Verdict?
    /// Between the picture and its caption.
    package var legend: Legend?

    package init(
      _ image: Image, caption: String = "", verdict: Verdict? = nil, legend: Legend? = nil
    ) { (self.image, self.caption, self.verdict, self.legend) = (image, caption, verdict, legend) }
  }

  /// A bar of a map's colours, and what its ends and its middle stand for.
  package struct Legend: Sendable {
    package var colors: ColorMap
    package var minimum: String
    package var middle: String
    package var maximum: String

    package init(_ colors: ColorMap, minimum: String, middle: String = "", maximum: String) {
      (self.colors, self.minimum, self.middle, self.maximum) = (colors, minimum, middle, maximum)
    }
  }

  package var title: String
  /// Lines below the title.
  package var notes: [String] = []
  /// Above the columns; as many as there are columns, or none.
  package var headings: [String]
  /// Below the grid, such as a colour bar.
  package var footer: Image?
  package private(set) var rows: [[Cell]] = []
  private var rowHeadings: [String] = []

  private let cellWidth: Int
  private let cellHeight: Int
  private let textScale: Int

  /// - Parameters:
  ///   - cellWidth: The pixels that each picture has from left to right.
  ///   - cellHeight: The pixels that each picture has from top to bottom.
  ///   - textScale: Captions have capitals of 7 · `textScale` pixels.
  package init(
    cellWidth: Int, cellHeight: Int, title: String = "", headings: [String] = [], textScale: Int = 2
  ) {
    precondition(cellWidth > 0 && cellHeight > 0 && textScale > 0, "a panel has sizes above 0")
    (self.cellWidth, self.cellHeight, self.textScale) = (cellWidth, cellHeight, textScale)
    (self.title, self.headings) = (title, headings)
  }

  /// Adds a row of cells from left to right, with a line above them.
  package mutating func append(row: [Cell], heading: String = "") {
    rows.append(row)
    rowHeadings.append(heading)
  }

  /// Draws the panel.
  package func image() -> Image {
    let layout = PanelLayout(
      cellWidth: cellWidth, cellHeight: cellHeight, textScale: textScale, hasTitle: !title.isEmpty,
      noteCount: notes.count, hasHeadings: !headings.isEmpty,
      columnCount: max(1, headings.count, rows.map { $0.count }.max() ?? 0),
      rows: zip(rows, rowHeadings).map { cells, heading in
        PanelLayout.Row(
          hasHeading: !heading.isEmpty, hasLegend: cells.contains { $0.legend != nil },
          hasCaption: cells.contains { !$0.caption.isEmpty || $0.verdict != nil })
      }, footerWidth: footer?.width ?? 0, footerHeight: footer?.height ?? 0)
    var canvas = Image(width: layout.width, height: layout.height, color: .white)
    canvas.drawText(
      Image.fitted(title, width: layout.width - 2 * layout.margin, scale: textScale + 1),
      x: layout.margin, y: layout.margin, scale: textScale + 1)
    for (line, note) in notes.enumerated() {
      canvas.drawText(
        Image.fitted(note, width: layout.width - 2 * layout.margin, scale: textScale),
        x: layout.margin, y: layout.noteY(line), scale: textScale, color: .faint)
    }
    for (column, heading) in headings.enumerated() {
      let text = Image.fitted(heading, width: cellWidth, scale: textScale)
      let indent = (cellWidth - Image.textWidth(text, scale: textScale)) / 2
      canvas.drawText(
        text, x: layout.x(column) + indent, y: layout.headingY, scale: textScale, color: .ink)
    }
    for (row, cells) in rows.enumerated() {
      canvas.drawText(
        Image.fitted(rowHeadings[row], width: layout.width - 2 * layout.margin, scale: textScale),
        x: layout.x(0), y: layout.y(row) - layout.rowHeadingHeight, scale: textScale, color: .ink)
      for (column, cell) in cells.enumerated() {
        draw(cell, x: layout.x(column), y: layout.y(row), layout, on: &canvas)
      }
    }
    if let footer { canvas.paste(footer, x: (layout.width - footer.width) / 2, y: layout.footerY) }
    return canvas
  }

  private func draw(_ cell: Cell, x: Int, y: Int, _ layout: PanelLayout, on canvas: inout Image) {
    let picture = fitted(cell.image)
    let (left, top) = (x + (cellWidth - picture.width) / 2, y + (cellHeight - picture.height) / 2)
    canvas.paste(picture, x: left, y: top)
    if let legend = cell.legend {
      let bar = legend.colors.bar(
        width: cellWidth, height: layout.legendBarHeight, minimum: legend.minimum,
        middle: legend.middle, maximum: legend.maximum, textScale: textScale)
      canvas.paste(bar, x: x, y: y + cellHeight + layout.captionGap)
    }
    let captionY =
      y + cellHeight + (cell.legend == nil ? 0 : layout.legendHeight) + layout.captionGap
    guard let verdict = cell.verdict else {
      let text = Image.fitted(cell.caption, width: cellWidth, scale: textScale)
      let indent = (cellWidth - Image.textWidth(text, scale: textScale)) / 2
      canvas.drawText(text, x: x + indent, y: captionY, scale: textScale, color: .faint)
      return
    }
    canvas.frame(
      x: left, y: top, width: picture.width, height: picture.height,
      thickness: layout.frameThickness, color: verdict.color)
    let side = 7 * textScale
    let markWidth = side + 3 * textScale
    let text = Image.fitted(cell.caption, width: cellWidth - markWidth, scale: textScale)
    let indent = (cellWidth - markWidth - Image.textWidth(text, scale: textScale)) / 2
    canvas.drawVerdict(verdict, x: x + indent, y: captionY, side: side)
    canvas.drawText(
      text, x: x + indent + markWidth, y: captionY, scale: textScale, color: verdict.color)
  }

  private func fitted(_ image: Image) -> Image {
    guard image.width > 0, image.height > 0 else { return image }
    let factor = min(cellWidth / image.width, cellHeight / image.height)
    if factor >= 2 { return image.enlarged(by: factor) }
    let isWide = image.width * cellHeight > image.height * cellWidth
    return isWide
      ? image.resized(width: cellWidth, height: max(1, image.height * cellWidth / image.width))
      : image.resized(width: max(1, image.width * cellHeight / image.height), height: cellHeight)
  }
}

extension ColorMap {
  /// A horizontal bar of the map's colours on white, with the text of its ends (and of its middle)
  /// below.
  package func bar(
    width: Int, height: Int = 14, minimum: String, middle: String = "", maximum: String,
    textScale: Int = 2
  ) -> Image {
    let gap = 3 * textScale
    var image = Image(
      width: width, height: height + gap + Image.textHeight(scale: textScale), color: .white)
    for x in 0..<width {
      let value = width > 1 ? Float(x) / Float(width - 1) : 0
      image.fill(x: x, y: 0, width: 1, height: height, color: color(at: value))
    }
    let y = height + gap
    let middleWidth = Image.textWidth(middle, scale: textScale)
    let maximumWidth = Image.textWidth(maximum, scale: textScale)
    image.drawText(minimum, x: 0, y: y, scale: textScale, color: .faint)
    image.drawText(middle, x: (width - middleWidth) / 2, y: y, scale: textScale, color: .faint)
    image.drawText(maximum, x: width - maximumWidth, y: y, scale: textScale, color: .faint)
    return image
  }
}

/// Whether a prediction is right: drawn as a green tick or a red cross.
package enum Verdict: Sendable {
  case right
  case wrong

  var color: Color { self == .right ? .positive : .negative }
}

extension Image {
  /// Draws the mark of a verdict in a square of `side` pixels, as strokes with round ends.
  mutating func drawVerdict(_ verdict: Verdict, x: Int, y: Int, side: Int) {
    let strokes: [(x0: Float, y0: Float, x1: Float, y1: Float)] =
      verdict == .right
      ? [(0.10, 0.55, 0.38, 0.84), (0.38, 0.84, 0.92, 0.16)]
      : [(0.15, 0.15, 0.85, 0.85), (0.85, 0.15, 0.15, 0.85)]
    let radius = Float(side) * 0.09
    for row in 0..<side {
      for column in 0..<side {
        let (px, py) = (Float(column) + 0.5, Float(row) + 0.5)
        var coverage: Float = 0
        for stroke in strokes {
          let (x0, y0) = (stroke.x0 * Float(side), stroke.y0 * Float(side))
          let (dx, dy) = (stroke.x1 * Float(side) - x0, stroke.y1 * Float(side) - y0)
          let along = ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy)
          let nearest = min(max(along, 0), 1)
          let (ex, ey) = (px - x0 - nearest * dx, py - y0 - nearest * dy)
          coverage = max(coverage, radius + 0.5 - (ex * ex + ey * ey).squareRoot())
        }
        mix(x: x + column, y: y + row, color: verdict.color, amount: coverage)
      }
    }
  }
}

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

  func x(_ column: Int) -> Int { (width - gridWidth) / 2 + column * (cellWidth + columnGap) }

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

/// Drawing is clipped to the picture.
extension Image {
  /// A picture of one colour.
  public init(width: Int, height: Int, color: Color) {
    self.init(width: width, height: height, filledWith: (color.red, color.green, color.blue))
  }

  /// Fills a rectangle whose upper left pixel is at (`x`, `y`).
  public mutating func fill(x: Int, y: Int, width: Int, height: Int, color: Color) {
    for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
      for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
        set(3 * (row * self.width + column), color)
      }
    }
  }

  /// Draws a frame of `thickness` pixels around the rectangle, outside of it.
  public mutating func frame(x: Int, y: Int, width: Int, height: Int, thickness: Int, color: Color)
  {
    let (fullWidth, fullHeight) = (width + 2 * thickness, height + 2 * thickness)
    let (left, top) = (x - thickness, y - thickness)
    fill(x: left, y: top, width: fullWidth, height: thickness, color: color)
    fill(x: left, y: y + height, width: fullWidth, height: thickness, color: color)
    fill(x: left, y: top, width: thickness, height: fullHeight, color: color)
    fill(x: x + width, y: top, width: thickness, height: fullHeight, color: color)
  }

  /// Copies a picture to where its upper left pixel is at (`x`, `y`).
  public mutating func paste(_ picture: Image, x: Int, y: Int) {
    let columns = max(0, -x)..<max(0, -x, min(picture.width, width - x))
    for row in max(0, -y)..<max(0, -y, min(picture.height, height - y)) {
      let source = 3 * (row * picture.width + columns.lowerBound)
      let target = 3 * ((row + y) * width + x + columns.lowerBound)
      for index in 0..<3 * columns.count { pixels[target + index] = picture.pixels[source + index] }
    }
  }

  /// Mixes a pixel with a colour.
  mutating func mix(x: Int, y: Int, color: Color, amount: Float) {
    guard x >= 0, y >= 0, x < width, y < height, amount > 0 else { return }
    let index = 3 * (y * width + x)
    let old = Color(red: pixels[index], green: pixels[index + 1], blue: pixels[index + 2])
    set(index, old.mixed(with: color, amount: min(amount, 1)))
  }

  /// The mixture of `1 - opacity` of this picture and `opacity` of `other`, such as a heat map.
  /// - Precondition: The pictures are of one size.
  public func blended(with other: Image, opacity: Float) -> Image {
    precondition(width == other.width && height == other.height, "pictures differ in size")
    var blend = self
    for index in 0..<pixels.count {
      let (a, b) = (Float(pixels[index]), Float(other.pixels[index]))
      blend.pixels[index] = byte((a + (b - a) * opacity) / 255)
    }
    return blend
  }

  /// The picture with each pixel as a square of `factor` · `factor` pixels.
  public func enlarged(by factor: Int) -> Image {
    resized(width: width * factor, height: height * factor, filter: .nearest)
  }

  private mutating func set(_ index: Int, _ color: Color) {
    pixels[index] = color.red
    pixels[index + 1] = color.green
    pixels[index + 2] = color.blue
  }
}
