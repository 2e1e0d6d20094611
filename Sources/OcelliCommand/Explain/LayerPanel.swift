// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import Network

/// Channels of layers: the original's left, the enhanced picture's in the middle, on one scale, and
/// what has changed on the right. Shown are those that change most, or vary most.
struct LayerPanel {
  private static let shownCount = 16
  /// Pixels of a grid.
  private static let extent = 323

  private let layers: [ComparedLayer]
  private let all: [ComparedLayer]

  /// - Parameter all: layers whose distances are charted below the panel.
  init(_ layers: [ComparedLayer], all: [ComparedLayer]) {
    self.layers = layers
    self.all = all
  }

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
    var canvas = Image(
      width: side * (tile + 1) - 1, height: side * (tile + 1) - 1, color: .white)
    for (index, map) in maps.enumerated() {
      let (x, y) = (index % side * (tile + 1), index / side * (tile + 1))
      let image = HeatMap(width: shape.width, height: shape.height, values: map)
        .image(colors, range: range)
        .resized(width: tile, height: tile, filter: shape.width < tile ? .nearest : .bilinear)
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
    var canvas = Image(
      width: width, height: (layers.count + 1) * Self.lineHeight, color: .white)
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
