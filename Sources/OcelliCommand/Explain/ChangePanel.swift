// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import Text

/// What an enhancer changed in a picture: its pixels above, its frequencies below.
struct ChangePanel {
  private let explained: ExplainedPicture
  private let enhanced: ExplainedPicture.View
  private let change: PictureChange
  private let labels: [String]
  private let style: PictureStyle

  init(
    _ explained: ExplainedPicture, _ enhanced: ExplainedPicture.View, _ change: PictureChange,
    _ labels: [String], _ style: PictureStyle
  ) {
    self.explained = explained
    self.enhanced = enhanced
    self.change = change
    self.labels = labels
    self.style = style
  }

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
      shape: [height, width, maps.differences.count / (height * width)],
      elements: maps.differences
    ).write(to: "\(folder)/\(stem).difference.npy")
    try NumPyArray<Float>(shape: [height, width], elements: difference.power.map { Float($0) })
      .write(to: "\(folder)/\(stem).spectrum.npy")
    return files
  }
}
