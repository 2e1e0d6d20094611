// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging

/// A picture's maps in a row; below them, those of the enhanced picture.
struct ExplanationPanel {
  private let explained: ExplainedPicture
  private let labels: [String]
  private let style: PictureStyle

  init(_ explained: ExplainedPicture, _ labels: [String], _ style: PictureStyle) {
    self.explained = explained
    self.labels = labels
    self.style = style
  }

  func image() -> Image {
    let plain = explained.plain
    var panel = style.panel(
      for: plain.image, title: "What speaks for \(labels[explained.target])",
      headings: ["picture"] + plain.maps.map(\.method.name))
    panel.append(row: row(plain))
    if let enhanced = explained.enhanced { panel.append(row: row(enhanced)) }
    return panel.image()
  }

  private func row(_ view: ExplainedPicture.View) -> [Panel.Cell] {
    var cells = [explained.cell(view, labels)]
    for map in view.maps {
      let explanation = map.explanation
      let caption =
        explanation.isEmpty
        ? "no positive evidence" : explanation.determination.map { String(format: "R2 %.2f", $0) }
      cells.append(Panel.Cell(overlay(map, on: view.image), caption: caption ?? ""))
    }
    return cells
  }

  /// Half the map, half the picture; LIME's parts with their borders.
  private func overlay(_ map: ExplainedPicture.Map, on image: Image) -> Image {
    let values = map.explanation.map
    let sized =
      values.width == image.width && values.height == image.height
      ? values : values.resized(width: image.width, height: image.height)
    let heat = sized.image(map.method.isSigned ? .diverging : style.colors, range: map.range)
    var result = image.blended(with: heat, opacity: 0.5)
    guard let parts = map.explanation.parts else { return result }
    for pixel in parts.labels.indices where parts.isBoundary(pixel) {
      for c in 0..<3 { result.pixels[3 * pixel + c] = result.pixels[3 * pixel + c] / 2 }
    }
    return result
  }
}
