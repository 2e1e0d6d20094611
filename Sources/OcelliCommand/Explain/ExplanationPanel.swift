// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging

/// A picture's maps in a row; below them, those of the enhanced picture and what has changed.
struct ExplanationPanel {
  private let explained: ExplainedPicture
  private let labels: [String]
  private let colors: ColorMap

  init(_ explained: ExplainedPicture, _ labels: [String], _ colors: ColorMap) {
    self.explained = explained
    self.labels = labels
    self.colors = colors
  }

  func image() -> Image {
    let plain = explained.plain
    let side = plain.image.width * max(1, 192 / plain.image.width)
    var panel = Panel(
      cellWidth: max(192, side),
      cellHeight: max(192, side) * plain.image.height / plain.image.width,
      title: "What speaks for \(labels[explained.target])",
      headings: ["picture"] + plain.maps.map(\.method.name)
        + (explained.enhanced == nil ? [] : ["change"]))
    panel.append(row: row(plain, nil))
    if let enhanced = explained.enhanced { panel.append(row: row(enhanced, plain)) }
    return panel.image()
  }

  private func row(
    _ view: ExplainedPicture.View, _ before: ExplainedPicture.View?
  ) -> [Panel.Cell] {
    var cells = [Panel.Cell(view.image, caption: verdict(view))]
    for map in view.maps {
      let explanation = map.explanation
      let caption =
        explanation.isEmpty
        ? "no positive evidence" : explanation.determination.map { String(format: "R2 %.2f", $0) }
      cells.append(Panel.Cell(overlay(map, on: view.image), caption: caption ?? ""))
    }
    guard let before else { return cells }
    let difference = HeatMap.signedDifference(from: before.image, to: view.image)
    let range = difference.stretchedRange()
    let limit = Int((max(-range.lowerBound, range.upperBound) * 255).rounded())
    cells.append(
      Panel.Cell(
        difference.image(
          .diverging, range: -Float(limit) / 255...Float(max(1, limit)) / 255),
        caption: "up to \(limit) of 255"))
    return cells
  }

  private func verdict(_ view: ExplainedPicture.View) -> String {
    let share = Int((view.probabilities[view.predicted] * 100).rounded())
    return "\(labels[view.predicted]) \(share) %"
  }

  /// Half the map, half the picture; LIME's parts with their borders.
  private func overlay(_ map: ExplainedPicture.Map, on image: Image) -> Image {
    let values = map.explanation.map
    let sized =
      values.width == image.width && values.height == image.height
      ? values : values.resized(width: image.width, height: image.height)
    let heat = sized.image(map.method.isSigned ? .diverging : colors, range: map.range)
    var result = image.blended(with: heat, opacity: 0.5)
    guard let parts = map.explanation.parts else { return result }
    for pixel in parts.labels.indices where parts.isBoundary(pixel) {
      for c in 0..<3 { result.pixels[3 * pixel + c] = result.pixels[3 * pixel + c] / 2 }
    }
    return result
  }
}
