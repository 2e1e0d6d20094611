// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import Text

/// What an enhancer changed in a picture: its pixels above, its frequencies below.
struct ChangePanel {
  let explained: ExplainedPicture
  let enhanced: ExplainedPicture.View
  let change: PictureChange
  let labels: [String]
  let style: PictureStyle

  func image() -> Image {
    let plain = explained.plain
    var panel = style.panel(
      for: plain.image, title: "What the enhancer changed",
      headings: ["original", "enhanced", "difference", "darker, brighter"])
    panel.notes = change.lines
    let limit = style.limit(of: change.maps.absolute.values)
    panel.append(row: [
      explained.cell(plain, labels), explained.cell(enhanced, labels),
      .init(
        change.maps.absolute.image(style.colors, range: 0...limit),
        legend: .init(style.colors, minimum: "0", maximum: PictureStyle.levels(limit))),
      .init(
        change.maps.signed.image(.diverging, range: -limit...limit),
        legend: .init(
          .diverging, minimum: "-" + PictureStyle.levels(limit, withTotal: false), middle: "0",
          maximum: "+" + PictureStyle.levels(limit, withTotal: false))),
    ])
    panel.append(row: spectra)
    return panel.image()
  }

  /// The spectra on one scale, and by how much each frequency was raised or lowered.
  private var spectra: [Panel.Cell] {
    let maps = [change.before, change.after, change.difference].map(\.decibels)
    // Frequency 0, the mean brightness, outshines all else.
    let center = change.before.height / 2 * change.before.width + change.before.width / 2
    let values = maps.flatMap { map in
      map.values.indices.filter { $0 != center }.map { map.values[$0] }
    }.sorted()
    let (least, most) = (values.first ?? -120, values.last ?? 0)
    let legend = Panel.Legend(
      .viridis, minimum: Self.decibels(least), maximum: Self.decibels(most) + " dB")
    let captions = ["spectrum", "spectrum", "of the difference"]
    let cells = zip(maps, captions).map { map, caption in
      Panel.Cell(map.image(.viridis, range: least...most), caption: caption, legend: legend)
    }
    let gain = HeatMap(
      width: maps[0].width, height: maps[0].height,
      values: zip(maps[0].values, maps[1].values).map { $1 - $0 })
    let limit = max(1, gain.stretchedRange().upperBound.rounded(.up))
    return cells + [
      Panel.Cell(
        gain.image(.diverging, range: -limit...limit), caption: "weaker, stronger",
        legend: .init(
          .diverging, minimum: Self.decibels(-limit), middle: "0",
          maximum: "+" + Self.decibels(limit) + " dB"))
    ]
  }

  private static func decibels(_ value: Float) -> String { "\(Int(value.rounded()))" }
}

/// How an enhanced picture differs from the plain one.
struct PictureChange {
  let comparison: ImageComparison
  let maps: DifferenceMaps
  let before: PowerSpectrum
  let after: PowerSpectrum
  let difference: PowerSpectrum

  init(_ plain: ExplainedPicture.View, _ enhanced: ExplainedPicture.View) {
    let (height, width) = (plain.image.height, plain.image.width)
    comparison = ImageComparison(plain.floats, enhanced.floats, height: height, width: width)
    maps = DifferenceMaps(from: plain.floats, to: enhanced.floats, height: height, width: width)
    before = PowerSpectrum(plain.floats, height: height, width: width)
    after = PowerSpectrum(enhanced.floats, height: height, width: width)
    difference = PowerSpectrum(maps.differences, height: height, width: width)
  }

  /// Numbers for people.
  var lines: [String] {
    [
      "up to \(PictureStyle.levels(comparison.largest)), "
        + String(format: "L2 norm %.2f, PSNR ", comparison.norm)
        + PictureStyle.decibels(comparison.peakSignalToNoise)
        + String(format: ", SSIM %.3f", comparison.structuralSimilarity),
      "fine detail's share of the power: original \(before.share().percent), "
        + "enhanced \(after.share().percent), difference \(difference.share().percent)",
    ]
  }

  /// Writes the signed differences and their spectrum; the names of the files.
  func write(to folder: String, stem: String) throws -> [String: String] {
    let (height, width) = (maps.signed.height, maps.signed.width)
    let files = ["difference": "\(stem).difference.npy", "spectrum": "\(stem).spectrum.npy"]
    try NumPyArray<Float>(
      shape: [height, width, maps.differences.count / (height * width)], elements: maps.differences
    ).write(to: "\(folder)/\(stem).difference.npy")
    try NumPyArray<Float>(shape: [height, width], elements: difference.power.map { Float($0) })
      .write(to: "\(folder)/\(stem).spectrum.npy")
    return files
  }
}

/// Several pictures below each other, before and after: where the classifier looks, and what the
/// enhancer changed. Pictures that the enhancer fixed come first, then those that it broke.
struct ComparisonSheet {
  private static let rowCount = 8

  private var pictures: [(rank: Int, explained: ExplainedPicture, change: PictureChange)] = []
  private let labels: [String]
  private let style: PictureStyle

  init(_ labels: [String], _ style: PictureStyle) { (self.labels, self.style) = (labels, style) }

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
        let overlay = MapOverlay(map: map, picture: view.image, style: style)
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
