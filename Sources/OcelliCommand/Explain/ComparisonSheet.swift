// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging

/// Several pictures below each other, before and after: where the classifier looks, and what the
/// enhancer changed. Pictures that the enhancer fixed come first, then those that it broke.
struct ComparisonSheet {
  private static let rowCount = 8

  private var pictures: [(rank: Int, explained: ExplainedPicture, change: PictureChange)] = []
  private let labels: [String]
  private let style: PictureStyle

  init(_ labels: [String], _ style: PictureStyle) {
    self.labels = labels
    self.style = style
  }

  /// Takes a picture that was enhanced, if it is among the most telling.
  mutating func add(_ explained: ExplainedPicture, _ change: PictureChange) {
    guard let enhanced = explained.enhanced else { return }
    let rank =
      switch (explained.isRight(explained.plain), explained.isRight(enhanced)) {
      case (false, true): 0
      case (true, false): 1
      default: 2
      }
    let place = pictures.firstIndex { $0.rank > rank } ?? pictures.count
    guard place < Self.rowCount else { return }
    pictures.insert((rank, explained, change), at: place)
    if pictures.count > Self.rowCount { pictures.removeLast() }
  }

  /// Original, what speaks for the class there, what does in the enhanced picture, and that.
  func attention() -> Image? {
    guard let first = pictures.first?.explained, let method = first.plain.maps.first?.method,
      first.enhanced?.maps.isEmpty == false,
      var panel = panel(
        "Where the classifier looks: \(method.name)",
        ["original", "attention", "attention", "enhanced"])
    else { return nil }
    for (_, explained, _) in pictures {
      guard let enhanced = explained.enhanced, let before = explained.plain.maps.first,
        let after = enhanced.maps.first
      else { continue }
      func cell(_ map: ExplainedPicture.Map, _ view: ExplainedPicture.View) -> Panel.Cell {
        let overlay = MapOverlay(map, on: view.image, style)
        return map.explanation.isEmpty
          ? .init(overlay.image, caption: overlay.caption)
          : explained.targetCell(overlay.image, view, labels)
      }
      panel.append(
        row: [
          explained.cell(explained.plain, labels), cell(before, explained.plain),
          cell(after, enhanced), explained.cell(enhanced, labels),
        ], heading: heading(explained))
    }
    return panel.image()
  }

  /// Original, enhanced, the stretched difference, and its heat map, all on one scale.
  func differences() -> Image? {
    guard
      var panel = panel(
        "What the enhancer changed", ["original", "enhanced", "difference", "heat map"])
    else { return nil }
    let limit = style.limit(of: pictures.flatMap(\.change.maps.absolute.values))
    for (_, explained, change) in pictures {
      guard let enhanced = explained.enhanced else { continue }
      let (maps, comparison) = (change.maps, change.comparison)
      panel.append(
        row: [
          explained.cell(explained.plain, labels), explained.cell(enhanced, labels),
          .init(
            maps.picture(limit: limit),
            caption: "up to " + PictureStyle.levels(comparison.largest)),
          .init(
            maps.absolute.image(style.colors, range: 0...limit),
            caption: "PSNR " + PictureStyle.decibels(comparison.peakSignalToNoise)),
        ], heading: heading(explained))
    }
    panel.footer = style.colors.bar(
      width: 672, minimum: "0", middle: "mean over a pixel's channels",
      maximum: PictureStyle.levels(limit))
    return panel.image()
  }

  private func panel(_ title: String, _ headings: [String]) -> Panel? {
    (pictures.first?.explained.plain.image).map {
      style.panel(for: $0, title: title, headings: headings)
    }
  }

  private func heading(_ explained: ExplainedPicture) -> String {
    let name = URL(filePath: explained.name).lastPathComponent
    return explained.truth.map { "\(name): \(labels[$0])" } ?? name
  }
}
