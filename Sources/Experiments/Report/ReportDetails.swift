// SPDX-License-Identifier: Apache-2.0
import Foundation
import Imaging
import Text
import Training

/// The figures and pictures of one row's first seed.
struct ReportDetails {
  private let details: Report.Details
  private let classes: [String]
  private let id: String

  init(_ details: Report.Details, _ row: ExperimentResults.Row, id: String) {
    self.details = details
    self.id = id
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
      Report.figure(
        Chart.bars(
          classes.indices.map {
            (
              classes[$0], matrices[0].score(ofClass: $0).recall ?? 0,
              matrices[1].score(ofClass: $0).recall ?? 0
            )
          }, label: "Accuracy of each class"),
        "Accuracy of each class, in per cent: alone (grey) and enhanced (blue)"),
      .element("h3", [:], "Certainty"),
      Report.figure(
        Chart.histograms(
          above: before.trueProbabilities, below: after.trueProbabilities,
          names: ("alone", "enhanced"), label: "Probabilities of the true class"),
        "The probability of the true class: images alone (above) and enhanced (below)"),
      .element("h3", [:], "Confusion"),
    ]
    parts += zip(matrices, ["Alone", "Enhanced"]).map { confusion($0, $1) }
    for curve in details.curves where curve.validation.count > 1 {
      parts.append(.element("h3", [:], "Training: \(curve.name)"))
      parts.append(
        Report.figure(
          Chart.curves(
            [("training", curve.training), ("held out", curve.validation)],
            label: "\(curve.quantity) by epochs"),
          "\(curve.quantity) by epochs, of training images (grey) and of those held out (blue)"))
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
      return HTML.element(
        "tr", [:], [.element("th", ["scope": "row"], classes[label])] + cells)
    }
    return Report.figure(
      Report.scrolling(
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
