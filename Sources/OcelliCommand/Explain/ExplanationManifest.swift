// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Imaging
import Interchange
import SharedCommands
import Text

/// What `ocelli explain` wrote.
struct ExplanationManifest: Encodable {
  struct Prediction: Encodable {
    var label: String
    var probability: Float
    /// Of the class that is explained.
    var targetProbability: Float
    /// Where the picture's class is known.
    var isRight: Bool?

    init(_ view: ExplainedPicture.View, _ explained: ExplainedPicture, _ labels: [String]) {
      label = labels[view.predicted]
      probability = view.probabilities[view.predicted]
      targetProbability = view.probabilities[explained.target]
      isRight = explained.isRight(view)
    }
  }

  struct Map: Encodable {
    /// What is explained: `plain`, `enhanced` or `composed`.
    var reading: String
    var method: String
    /// Of class activation maps.
    var layer: String?
    var file: String
    var minimum: Float
    var maximum: Float
    /// What the strongest colour stands for, in all readings.
    var scale: Float
    /// Nothing speaks for the class.
    var isEmpty: Bool
    var lime: Lime?

    struct Lime: Encodable {
      var parts: Int
      /// R².
      var determination: Double
      /// Of the strongest parts, over random choices.
      var stability: Double?
    }

    init(_ map: ExplainedPicture.Map, _ reading: ExplainedPicture.Reading, file: String) {
      self.reading = reading.rawValue
      method = map.method.name
      layer = map.layer
      self.file = file
      minimum = map.explanation.map.values.min() ?? 0
      maximum = map.explanation.map.values.max() ?? 0
      scale = map.range.upperBound
      isEmpty = map.explanation.isEmpty
      lime = map.explanation.parts.map {
        Lime(parts: $0.superpixels.count, determination: $0.determination, stability: $0.stability)
      }
    }
  }

  /// How far apart a layer's answers to the plain and the enhanced picture are.
  struct LayerDistance: Encodable {
    var layer: String
    var cosine: Double?
    var relativeL2: Double?
    var linearCKA: Double?

    init?(_ layer: ComparedLayer) {
      guard let distance = layer.distance else { return nil }
      self.layer = layer.before.layer.name
      (cosine, relativeL2) = (distance.cosine, distance.relative)
      linearCKA = distance.alignment
    }
  }

  /// The means over pictures; of those that have a number.
  struct LayerMeans: Encodable {
    var layers: [LayerDistance]

    /// - Returns: `nil` where there are none.
    init?(meansOf pictures: [[LayerDistance]]) {
      guard var layers = pictures.first else { return nil }
      func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap { $0 }
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
      }
      for index in layers.indices {
        layers[index].cosine = mean(pictures.map { $0[index].cosine })
        layers[index].relativeL2 = mean(pictures.map { $0[index].relativeL2 })
        layers[index].linearCKA = mean(pictures.map { $0[index].linearCKA })
      }
      self.layers = layers
    }

    func encode(to encoder: any Encoder) throws { try layers.encode(to: encoder) }
  }

  /// How far the enhanced picture is from the plain one; numbers of [0, 1].
  struct Change: Encodable {
    /// The shares of the power above a quarter period a pixel.
    struct FineDetail: Encodable {
      var plain: Double
      var enhanced: Double
      var difference: Double
    }

    var largest: Float
    var norm: Double
    var mean: Double
    /// In decibels; left out where nothing changed.
    var peakSignalToNoise: Double?
    var structuralSimilarity: Double
    var fineDetail: FineDetail
    var panel: String
    /// The signed differences, and the power of their spectrum.
    var files: [String: String]

    init(_ change: PictureChange, panel: String, files: [String: String]) {
      let comparison = change.comparison
      (largest, norm, mean) = (comparison.largest, comparison.norm, comparison.mean)
      peakSignalToNoise = comparison.peakSignalToNoise.isFinite ? comparison.peakSignalToNoise : nil
      structuralSimilarity = comparison.structuralSimilarity
      fineDetail = FineDetail(
        plain: change.before.share(), enhanced: change.after.share(),
        difference: change.difference.share())
      (self.panel, self.files) = (panel, files)
    }
  }

  struct Picture: Encodable {
    var picture: String
    var panel: String
    /// What the picture's folder says that it shows.
    var truth: String?
    var target: String
    var plain: Prediction
    var enhanced: Prediction?
    var change: Change?
    var maps: [Map] = []
    var internals: String?
    var layers: [LayerDistance]?

    init(_ explained: ExplainedPicture, _ panel: String, _ labels: [String]) {
      picture = explained.name
      self.panel = panel
      truth = explained.truth.map { labels[$0] }
      target = labels[explained.target]
      plain = Prediction(explained.plain, explained, labels)
      enhanced = explained.enhanced.map { Prediction($0, explained, labels) }
    }

    /// For people.
    var line: String {
      func text(_ prediction: Prediction) -> String {
        "\(prediction.label) \(Double(prediction.probability).percent)"
          + (prediction.isRight.map { $0 ? " (right)" : " (wrong)" } ?? "")
      }
      var line = "\(picture): \(text(plain))"
      if let enhanced { line += ", enhanced \(text(enhanced))" }
      if let change {
        line += String(
          format: " (changed by up to %.0f of 255, SSIM %.2f)", change.largest * 255,
          change.structuralSimilarity)
      }
      let empty = maps.filter(\.isEmpty).map { "\($0.method) (\($0.reading))" }
      if !empty.isEmpty { line += "; no positive evidence: \(empty.joined(separator: ", "))" }
      let loose = maps.filter { ($0.lime?.determination ?? 1) < 0.5 }.map(\.reading)
      if !loose.isEmpty {
        line += "; lime describes the model badly: \(loose.joined(separator: ", "))"
      }
      return line + " → \(panel)"
    }
  }

  var classifier: String
  var enhancer: String?
  var degradation: String?
  var pictures: [Picture] = []
  var layers: LayerMeans?
  /// Pictures of several pictures.
  var attention: String?
  var differences: String?
}

/// Writes what is explained into a folder.
struct ExplanationWriter {
  private let folder: String
  private let subject: ExplainedModel
  private let style: PictureStyle
  private var sheet: ComparisonSheet

  init(_ folder: String, _ subject: ExplainedModel, _ style: PictureStyle) throws {
    (self.folder, self.subject, self.style) = (folder, subject, style)
    sheet = ComparisonSheet(subject.labels, style)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// Writes a picture's files and returns their entry in the manifest.
  mutating func write(_ explained: ExplainedPicture, as fileName: String) throws
    -> ExplanationManifest.Picture
  {
    let stem = fileName.replacingOccurrences(of: ":", with: "-")
    try FileManager.default.createDirectory(
      at: URL(filePath: "\(folder)/\(stem)").deletingLastPathComponent(),
      withIntermediateDirectories: true)
    try save(
      ExplanationPanel(explained: explained, labels: subject.labels, style: style).image(),
      as: stem + ".png")
    var entry = ExplanationManifest.Picture(explained, stem + ".png", subject.labels)
    for view in explained.views {
      for map in view.maps {
        let file = "\(stem).\(view.reading.rawValue).\(map.method.name).npy"
        let values = map.explanation.map
        try NumPyArray<Float>(shape: [values.height, values.width], elements: values.values).write(
          to: "\(folder)/\(file)")
        entry.maps.append(.init(map, view.reading, file: file))
      }
    }
    let layers = subject.shownLayers(of: explained)
    if !layers.isEmpty {
      let all = subject.comparedLayers(of: explained)
      entry.internals = stem + ".internals.png"
      try save(LayerPanel(layers: layers, all: all).image(), as: stem + ".internals.png")
      let distances = all.compactMap(ExplanationManifest.LayerDistance.init)
      entry.layers = distances.isEmpty ? nil : distances
    }
    guard let enhanced = explained.enhanced else { return entry }
    let file = stem + ".change.png"
    let change = PictureChange(explained.plain, enhanced)
    let panel = ChangePanel(
      explained: explained, enhanced: enhanced, change: change, labels: subject.labels, style: style
    )
    try save(panel.image(), as: file)
    entry.change = .init(change, panel: file, files: try change.write(to: folder, stem: stem))
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
