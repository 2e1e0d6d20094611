// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import Network
import Text

/// A picture's maps in a row; below them, those of the enhanced picture, and of both networks.
struct ExplanationPanel {
  let explained: ExplainedPicture
  let labels: [String]
  let style: PictureStyle

  func image() -> Image {
    let views = explained.views
    var panel = style.panel(
      for: explained.plain.image, title: "What speaks for \(labels[explained.target])",
      headings: [""] + (views.first?.maps.map(\.method.name) ?? []))
    let layers = views.flatMap(\.maps).compactMap(\.layer)
    if let layer = layers.first { panel.notes = ["maps of layer \(layer)"] }
    for (index, view) in views.enumerated() {
      let isLast = index == views.count - 1
      panel.append(
        row: row(view, hasLegends: isLast), heading: views.count > 1 ? view.reading.title : "")
    }
    return panel.image()
  }

  private func row(_ view: ExplainedPicture.View, hasLegends: Bool) -> [Panel.Cell] {
    [explained.cell(view, labels)]
      + view.maps.map { map in
        let overlay = MapOverlay(map: map, picture: view.image, style: style)
        return Panel.Cell(
          overlay.image, caption: overlay.caption, legend: hasLegends ? overlay.legend : nil)
      }
  }
}

extension ExplainedPicture.Reading {
  fileprivate var title: String {
    switch self {
    case .plain: "the classifier on the original"
    case .enhanced: "the classifier on the enhanced picture"
    case .composed: "enhancer and classifier as one network, back to the original"
    }
  }
}

extension ExplainedPicture {
  /// A picture and under it what it is taken for, and whether that is right.
  func cell(_ view: View, _ labels: [String]) -> Panel.Cell {
    cell(view.image, view, "\(labels[view.predicted]) \(share(view, view.predicted))")
  }

  /// A picture and under it the share of the class that is explained.
  func targetCell(_ image: Image, _ view: View, _ labels: [String]) -> Panel.Cell {
    cell(image, view, "\(labels[target]) \(share(view, target))")
  }

  private func share(_ view: View, _ index: Int) -> String {
    Double(view.probabilities[index]).percent
  }

  private func cell(_ image: Image, _ view: View, _ caption: String) -> Panel.Cell {
    Panel.Cell(image, caption: caption, verdict: isRight(view).map { $0 ? .right : .wrong })
  }
}

/// A map over its picture, at the size that it is shown in.
struct MapOverlay {
  let map: ExplainedPicture.Map
  let picture: Image
  let style: PictureStyle

  private var colors: ColorMap { map.method.isSigned ? .diverging : style.colors }

  /// Half the map, half the picture; of LIME's parts the strongest have thick outlines.
  var image: Image {
    let factor = style.enlargement(of: picture)
    let values = map.explanation.map
    let isOfPixels = values.width == picture.width && values.height == picture.height
    // What a layer's coarse map says is smooth, what is said of pixels has their squares.
    let heat =
      isOfPixels
      ? values.image(colors, range: map.range).enlarged(by: factor)
      : values.resized(width: picture.width * factor, height: picture.height * factor).image(
        colors, range: map.range)
    var result = picture.enlarged(by: factor).blended(with: heat, opacity: 0.5)
    if let parts = map.explanation.parts { outline(parts, factor, &result) }
    return result
  }

  private func outline(_ parts: Explanation.Parts, _ factor: Int, _ image: inout Image) {
    let superpixels = parts.superpixels.enlarged(by: factor)
    let isStrong = superpixels.labels.map { parts.strongest.contains($0) }
    for pixel in superpixels.labels.indices {
      let (y, x) = pixel.quotientAndRemainder(dividingBy: superpixels.width)
      /// Whether another part lies within so many pixels.
      func isNear(_ reach: Int) -> Bool {
        for (down, right) in [(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)]
        {
          let (row, column) = (y + down * reach, x + right * reach)
          guard (0..<superpixels.height).contains(row), (0..<superpixels.width).contains(column)
          else { continue }
          if superpixels.labels[row * superpixels.width + column] != superpixels.labels[pixel] {
            return true
          }
        }
        return false
      }
      if isStrong[pixel], isNear(1) || isNear(2) || isNear(3) {
        image.fill(x: x, y: y, width: 1, height: 1, color: isNear(1) ? .ink : Self.outline)
      } else if isNear(1) {
        for c in 0..<3 { image.pixels[3 * pixel + c] = image.pixels[3 * pixel + c] / 4 * 3 }
      }
    }
  }

  /// Seen on dark and on bright pictures.
  private static let outline = Color(red: UInt8(255), green: 214, blue: 10)

  /// The map's colours and numbers.
  var legend: Panel.Legend {
    let most = PictureStyle.number(map.range.upperBound)
    return map.method.isSigned
      ? .init(colors, minimum: "-" + most, middle: "0", maximum: "+" + most)
      : .init(colors, minimum: "0", maximum: most)
  }

  /// What must be known to read it.
  var caption: String {
    if map.explanation.isEmpty { return "no positive evidence" }
    guard let parts = map.explanation.parts else { return "" }
    let fit = String(
      format: parts.determination < 0.5 ? "R2 %.2f: weak" : "R2 %.2f", parts.determination)
    return parts.stability.map { fit + String(format: ", stable %.2f", $0) } ?? fit
  }
}

/// Channels of layers: the original's left, the enhanced picture's in the middle, on one scale, and
/// what has changed on the right. Shown are those that change most, or vary most.
struct LayerPanel {
  private static let shownCount = 16
  /// Pixels of a grid.
  private static let extent = 323

  let layers: [ComparedLayer]
  let all: [ComparedLayer]

  func image() -> Image {
    let isCompared = layers.contains { $0.after != nil }
    var panel = Panel(
      cellWidth: Self.extent, cellHeight: Self.extent, title: "What layers make of the picture",
      headings: isCompared ? ["original", "enhanced", "change"] : ["original"])
    for layer in layers { panel.append(row: row(layer), heading: layer.before.layer.name) }
    if isCompared { panel.footer = DistanceChart(all, width: 3 * Self.extent + 30).image() }
    return panel.image()
  }

  private func row(_ layer: ComparedLayer) -> [Panel.Cell] {
    let channels = Array(layer.tellingChannels.prefix(Self.shownCount))
    let before = channels.map { layer.before.channel($0) }
    let after = layer.after.map { after in channels.map { after.channel($0) } }
    let values = before.flatMap { $0 } + (after ?? []).flatMap { $0 }
    let range = HeatMap.stretchedRange(of: values, percentile: 99.5)
    let colors: ColorMap = range.lowerBound < 0 ? .diverging : .viridis
    let legend = Panel.Legend(
      colors, minimum: PictureStyle.number(range.lowerBound),
      maximum: PictureStyle.number(range.upperBound))
    let shape = layer.before.layer.shape
    var cells = [
      Panel.Cell(
        grid(before, channels, layer, colors, range),
        caption: "\(channels.count) of \(shape.channels) maps, \(shape.height)x\(shape.width)",
        legend: legend)
    ]
    guard let after else { return cells }
    let distance = layer.distance
    cells.append(
      .init(
        grid(after, channels, layer, colors, range),
        caption: "cosine \(Self.text(distance?.cosine)), CKA \(Self.text(distance?.alignment))",
        legend: legend))
    let changes = zip(before, after).map { zip($0, $1).map { $1 - $0 } }
    let most = HeatMap.stretchedRange(of: changes.flatMap { $0 }, percentile: 99.5).upperBound
    cells.append(
      .init(
        grid(changes, channels, layer, .diverging, -most...most),
        caption: "relative L2 distance \(Self.text(distance?.relative))",
        legend: .init(
          .diverging, minimum: PictureStyle.number(-most), middle: "0",
          maximum: "+" + PictureStyle.number(most))))
    return cells
  }

  /// Tiles with the channels' numbers in their corners.
  private func grid(
    _ maps: [[Float]], _ channels: [Int], _ layer: ComparedLayer, _ colors: ColorMap,
    _ range: ClosedRange<Float>
  ) -> Image {
    let shape = layer.before.layer.shape
    let side = max(1, Int(Double(maps.count).squareRoot().rounded(.up)))
    let tile = (Self.extent + 1) / side - 1
    var canvas = Image(width: side * (tile + 1) - 1, height: side * (tile + 1) - 1, color: .white)
    for (index, map) in maps.enumerated() {
      let (x, y) = (index % side * (tile + 1), index / side * (tile + 1))
      let image = HeatMap(width: shape.width, height: shape.height, values: map).image(
        colors, range: range
      ).resized(width: tile, height: tile, filter: shape.width < tile ? .nearest : .bilinear)
      canvas.paste(image, x: x, y: y)
      let number = "\(channels[index])"
      canvas.fill(
        x: x, y: y, width: Image.textWidth(number, scale: 1) + 3, height: 10, color: .white)
      canvas.drawText(number, x: x + 1, y: y + 1, scale: 1)
    }
    return canvas
  }

  private static func text(_ value: Double?) -> String {
    value.map { String(format: "%.3f", $0) } ?? "none"
  }
}

/// A line for each layer, in the order of the network, with bars that tell how far apart its
/// answers to the original and to the enhanced picture are.
struct DistanceChart {
  private static let lineHeight = 24
  private static let barHeight = 14

  private let layers: [ComparedLayer]
  private let width: Int

  init(_ layers: [ComparedLayer], width: Int) {
    self.layers = layers.filter { $0.distance != nil }
    self.width = width
  }

  func image() -> Image {
    var canvas = Image(width: width, height: (layers.count + 1) * Self.lineHeight, color: .white)
    let measures: [(title: String, value: (RepresentationDistance) -> Double?)] = [
      ("cosine", { $0.cosine }), ("CKA", { $0.alignment }), ("relative L2", { $0.relative }),
    ]
    let column = width / (measures.count + 2)
    canvas.drawText("layer", x: 0, y: 0)
    for (index, measure) in measures.enumerated() {
      canvas.drawText(measure.title, x: (index + 2) * column, y: 0)
    }
    // Similarities end at 1; distances have the longest as their measure.
    let longest = layers.compactMap { $0.distance?.relative }.max() ?? 1
    for (line, layer) in layers.enumerated() {
      guard let distance = layer.distance else { continue }
      let y = (line + 1) * Self.lineHeight
      canvas.drawText(
        Image.fitted(layer.before.layer.name, width: 2 * column - 20), x: 0, y: y, color: .faint)
      for (index, measure) in measures.enumerated() {
        draw(
          measure.value(distance), of: measure.title == "relative L2" ? max(longest, 1e-9) : 1,
          x: (index + 2) * column, y: y, width: column - 20, on: &canvas)
      }
    }
    return canvas
  }

  private func draw(
    _ value: Double?, of full: Double, x: Int, y: Int, width: Int, on canvas: inout Image
  ) {
    guard let value else { return canvas.drawText("none", x: x, y: y, color: .faint) }
    let text = String(format: "%.2f", value)
    let space = max(1, width - Image.textWidth("0.00") - 10)
    let length = Int((min(max(value / full, 0), 1) * Double(space)).rounded())
    canvas.fill(
      x: x, y: y, width: space, height: Self.barHeight, color: ColorMap.grey.color(at: 0.93))
    canvas.fill(
      x: x, y: y, width: length, height: Self.barHeight, color: ColorMap.viridis.color(at: 0.35))
    canvas.drawText(text, x: x + space + 10, y: y, color: .faint)
  }
}
