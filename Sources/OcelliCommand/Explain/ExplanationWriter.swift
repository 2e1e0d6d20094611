// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import SharedCommands

/// Writes what is explained into a folder.
struct ExplanationWriter {
  private let folder: String
  private let subject: ExplainedModel
  private let style: PictureStyle
  private var sheet: ComparisonSheet

  init(_ folder: String, _ subject: ExplainedModel, _ style: PictureStyle) throws {
    self.folder = folder
    self.subject = subject
    self.style = style
    sheet = ComparisonSheet(subject.labels, style)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Writes a picture's files and returns their entry in the manifest.
  mutating func write(
    _ explained: ExplainedPicture, as fileName: String
  ) throws -> ExplanationManifest.Picture {
    let stem = fileName.replacingOccurrences(of: ":", with: "-")
    try FileManager.default.createDirectory(
      at: URL(filePath: "\(folder)/\(stem)").deletingLastPathComponent(),
      withIntermediateDirectories: true)
    try save(ExplanationPanel(explained, subject.labels, style).image(), as: stem + ".png")
    var entry = ExplanationManifest.Picture(explained, stem + ".png", subject.labels)
    for view in explained.views {
      for map in view.maps {
        let file = "\(stem).\(view.reading.rawValue).\(map.method.name).npy"
        let values = map.explanation.map
        try NumPyArray<Float>(shape: [values.height, values.width], elements: values.values)
          .write(to: "\(folder)/\(file)")
        entry.maps.append(.init(map, view.reading, file: file))
      }
    }
    let layers = subject.shownLayers(of: explained)
    if !layers.isEmpty {
      let all = subject.comparedLayers(of: explained)
      entry.internals = stem + ".internals.png"
      try save(LayerPanel(layers, all: all).image(), as: stem + ".internals.png")
      let distances = all.compactMap(ExplanationManifest.LayerDistance.init)
      entry.layers = distances.isEmpty ? nil : distances
    }
    guard let enhanced = explained.enhanced else { return entry }
    let panel = stem + ".change.png"
    let change = PictureChange(explained.plain, enhanced)
    try save(ChangePanel(explained, enhanced, change, subject.labels, style).image(), as: panel)
    entry.change = .init(change, panel: panel, files: try change.write(to: folder, stem: stem))
    sheet.add(explained, change)
    return entry
  }

  /// Writes what several pictures are on.
  func finish(_ manifest: inout ExplanationManifest) throws {
    manifest.layers = .init(meansOf: manifest.pictures.compactMap(\.layers))
    if let image = sheet.attention() {
      manifest.attention = "attention.png"
      try save(image, as: "attention.png")
    }
    if let image = sheet.differences() {
      manifest.differences = "differences.png"
      try save(image, as: "differences.png")
    }
  }

  private func save(_ image: Image, as name: String) throws {
    do throws(ImageError) { try image.write(to: "\(folder)/\(name)") } catch {
      throw CommandError("\(folder)/\(name): \(error)")
    }
  }
}
