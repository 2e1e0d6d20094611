// SPDX-License-Identifier: Apache-2.0
import Assessments
import Datasets
import Foundation
import Imaging
import Reporting
import Statistics
import Text
import Training

/// The figures and pictures of one row's first seed.
struct ReportDetails {
  private let details: Report.Details
  private let classes: [String]
  private let id: String

  init(_ details: Report.Details, _ row: ExperimentResults.Row, id: String) {
    (self.details, self.id) = (details, id)
    classes = row.data.classes
  }

  func html() throws -> [HTML] {
    let (before, after) = (details.before, details.after)
    let matrices = [before, after].map {
      ConfusionMatrix(labels: $0.labels, predictions: $0.classes, classCount: classes.count)
    }
    var parts = try details.gallery.map(pictures) ?? []
    parts += [
      .element("h3", [:], "Classes"),
      HTML.figure(
        Chart.bars(
          classes.indices.map {
            (
              classes[$0], matrices[0].score(ofClass: $0).recall ?? 0,
              matrices[1].score(ofClass: $0).recall ?? 0
            )
          }, label: "Accuracy of each class"),
        "Accuracy of each class, in per cent: alone (grey) and enhanced (blue)"),
      .element("h3", [:], "Certainty"),
      HTML.figure(
        Chart.histograms(
          above: before.trueProbabilities, below: after.trueProbabilities,
          names: ("alone", "enhanced"), label: "Probabilities of the true class"),
        "The probability of the true class: images alone (above) and enhanced (below)"),
      .element("h3", [:], "Confusion"),
    ]
    parts += zip(matrices, ["Alone", "Enhanced"]).map { confusion($0, $1) }
    for curve in details.curves where curve.validation.count > 1 {
      parts.append(.element("h3", [:], "Training: \(curve.name)"))
      func points(_ values: [Double]) -> [(x: Double, y: Double)] {
        values.enumerated().map { (Double($0 + 1), $1) }
      }
      let chart = LineChart(
        "\(curve.quantity) by epochs", xLabel: "epoch", yLabel: curve.quantity,
        [.init("training", points(curve.training)), .init("held out", points(curve.validation))])
      parts.append(HTML.scrolling(.drawing(chart.svg), label: "\(curve.quantity) by epochs"))
    }
    return parts
  }

  private func confusion(_ matrix: ConfusionMatrix, _ title: String) -> HTML {
    let head =
      [HTML.element("th", ["scope": "col"], "true \\ taken for")]
      + classes.map { HTML.element("th", ["scope": "col"], $0) }
    let rows = classes.indices.map { label in
      let support = max(1, matrix.score(ofClass: label).support)
      let cells = classes.indices.map { prediction in
        let count = matrix[label: label, prediction: prediction]
        return HTML.element(
          "td",
          [
            "class": label == prediction ? "hit" : "miss",
            "style": "--share:\(SVGText.number(Double(count) / Double(support)))",
          ], "\(count)")
      }
      return HTML.element("tr", [:], [.element("th", ["scope": "row"], classes[label])] + cells)
    }
    return HTML.figure(
      HTML.scrolling(
        .element("table", [:], [.element("tbody", [:], [.element("tr", [:], head)] + rows)]),
        label: "\(title): confusion matrix"), title)
  }

  private func pictures(_ gallery: Gallery) throws -> [HTML] {
    let groups = [
      ("Fixed", id + "-fixed", gallery.fixed), ("Broken", id + "-broken", gallery.broken),
    ]
    let buttons = groups.map { name, id, entries in
      HTML.element(
        "button", ["type": "button", "data-shows": id, "aria-pressed": "false"],
        "\(name): \(entries.count) of them")
    }
    let galleries = try groups.map { _, id, entries in
      HTML.element("div", ["id": id, "class": "gallery"], try entries.map(picture))
    }
    return [
      .element("h3", [:], "Pictures"),
      .element(
        "p", ["class": "note"],
        "Move the slider from the enhanced picture to the original. Below it, what speaks for the "
          + "true class (Grad-CAM), original and enhanced, on one scale."),
      .element("div", ["class": "tabs"], buttons),
    ] + galleries
  }

  private func picture(_ entry: Gallery.Entry) throws -> HTML {
    func image(_ source: String, _ text: String) -> HTML {
      .element("img", ["src": source, "alt": text])
    }
    func verdict(_ guess: (class: Int, confidence: Float), _ when: String) -> HTML {
      let isRight = guess.class == entry.label
      let text = "\(when): \(classes[guess.class]), \(Double(guess.confidence).percent)"
      return .element("div", ["class": isRight ? "right" : "wrong"], text + (isRight ? " ✓" : " ✗"))
    }
    let name = classes[entry.label]
    let ratio = "--ratio:\(entry.plain.width)/\(entry.plain.height)"
    return .element(
      "figure", ["class": "picture"],
      [
        .element(
          "div", ["class": "slider", "style": ratio],
          [
            image(try entry.plain.dataAddress, "\(name), original"),
            image(try entry.enhanced.dataAddress, "\(name), enhanced"),
          ]),
        .element(
          "input",
          [
            "type": "range", "min": "0", "max": "100", "value": "50",
            "aria-label": "How much of the original is shown",
          ]),
        .element(
          "div", ["class": "maps"],
          [
            image(try entry.attention.plain.dataAddress, "Grad-CAM of the original"),
            image(try entry.attention.enhanced.dataAddress, "Grad-CAM of the enhanced picture"),
          ]),
        .element(
          "figcaption", [:],
          [
            .element("strong", [:], name), verdict(entry.before, "alone"),
            verdict(entry.after, "enhanced"),
          ]),
      ])
  }
}

extension ExperimentResults.Row {
  /// The row's suites: accuracies as bars, then all figures.
  func suites() -> [HTML] {
    let backgrounds = runs.compactMap(\.background).map { found in
      found.variants.map { ($0.name, $0.plain.accuracy, $0.enhanced?.accuracy) }
    }
    let corruptions = runs.compactMap(\.corruption).map { found in
      found.rows.map { ($0.corruption.rawValue, $0.plainError, $0.enhancedError) }
    }
    return suite("Backgrounds", Self.means(of: backgrounds), backgroundBlocks)
      + suite(
        "Corruptions", Self.means(of: corruptions).map { ($0.name, 1 - $0.before, 1 - $0.after) },
        corruptionBlocks)
  }

  private func suite(
    _ title: String, _ accuracies: [(name: String, before: Double, after: Double)],
    _ blocks: [FigureBlock]
  ) -> [HTML] {
    if blocks.isEmpty { return [] }
    let bars = Chart.bars(accuracies, label: "\(title): accuracies")
    return [
      .element("h3", [:], title),
      HTML.figure(
        bars, "Accuracy in per cent, mean of the seeds: alone (grey) and enhanced (blue)"),
    ] + blocks.html(label: title)
  }

  /// Over the seeds.
  private static func means(of runs: [[(String, IntervalEstimate?, IntervalEstimate?)]]) -> [(
    name: String, before: Double, after: Double
  )] {
    (runs.first ?? []).indices.map { index in
      let figures = runs.map { $0[index] }
      return (
        figures[0].0, Summary(figures.map { $0.1?.value ?? 0 }).mean,
        Summary(figures.map { $0.2?.value ?? 0 }).mean
      )
    }
  }
}

/// The curves of a training phase, from its metrics file.
package struct TrainingCurves {
  let name: String
  let quantity: String
  let training: [Double]
  let validation: [Double]

  private struct Line: Decodable {
    var epoch: Int?
    var trainingLoss: Double?
    var trainingAccuracy: Double?
    var validationLoss: Double?
    var validationAccuracy: Double?
  }

  /// - Parameter path: JSON Lines, one of them an epoch; `nil` when there are none.
  package init?(name: String, path: String) {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let lines = data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(Line.self, from: Data($0))
    }.filter { $0.epoch != nil }
    guard !lines.isEmpty else { return nil }
    self.name = name
    let hasAccuracy = lines.contains { $0.validationAccuracy != nil }
    quantity = hasAccuracy ? "accuracy" : "loss"
    training = lines.compactMap { hasAccuracy ? $0.trainingAccuracy : $0.trainingLoss }
    validation = lines.compactMap { hasAccuracy ? $0.validationAccuracy : $0.validationLoss }
  }
}
