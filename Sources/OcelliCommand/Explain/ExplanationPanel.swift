// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Text

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
    Panel.Cell(
      image, caption: caption, verdict: isRight(view).map { $0 ? .right : .wrong })
  }
}

/// A map over its picture, at the size that it is shown in.
struct MapOverlay {
  private let map: ExplainedPicture.Map
  private let picture: Image
  private let style: PictureStyle

  init(_ map: ExplainedPicture.Map, on picture: Image, _ style: PictureStyle) {
    self.map = map
    self.picture = picture
    self.style = style
  }

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
      : values.resized(width: picture.width * factor, height: picture.height * factor)
        .image(colors, range: map.range)
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
