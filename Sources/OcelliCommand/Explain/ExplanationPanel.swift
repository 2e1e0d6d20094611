// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging

/// A picture's maps in a row; below them, those of the enhanced picture, and of both networks.
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
        let overlay = MapOverlay(map, on: view.image, style)
        return Panel.Cell(
          overlay.image, caption: overlay.caption, legend: hasLegends ? overlay.legend : nil)
      }
  }
}
