// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging

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
