// SPDX-License-Identifier: Apache-2.0
package import Assessments
package import Datasets
import Explanation
import Foundation
import Imaging
import Network
import Reporting
import Statistics
package import Training

/// The results of an experiment as one HTML page that needs no other file.
package struct Report {
  /// Details of a row's first seed.
  package struct Details {
    let before: Predictions
    let after: Predictions
    let gallery: Gallery?
    /// Of the classifier, and of the enhancer's last phase.
    let curves: [TrainingCurves]

    package init(
      before: Predictions, after: Predictions, gallery: Gallery?, curves: [TrainingCurves]
    ) { (self.before, self.after, self.gallery, self.curves) = (before, after, gallery, curves) }
  }

  private let results: ExperimentResults
  private let times: ExperimentTimes?
  /// By the names of rows.
  private let details: [String: Details]
  private let assessments: [Assessment]

  package init(
    _ results: ExperimentResults, _ times: ExperimentTimes?, details: [String: Details],
    assessments: [Assessment] = []
  ) {
    (self.results, self.times, self.details) = (results, times, details)
    self.assessments = assessments
  }

  package func html() throws -> String {
    let title = results.experiment.title
    let links =
      [HTML.element("a", ["href": "#table"], "Table")]
      + results.rows.indices.map {
        .element("a", ["href": "#row\($0)"], "Row \(results.rows[$0].name)")
      }
      + assessments.indices.map {
        let number = assessments.count == 1 ? "" : " \($0 + 1)"
        return .element("a", ["href": "#assessment\($0)"], "Assessment\(number)")
      } + [.element("a", ["href": "#trust"], "What to trust")]
    let notes = (results.experiment.notes ?? []).map { HTML.element("p", ["class": "note"], $0) }
    let sections = try results.rows.enumerated().map { index, row in
      HTML.element("section", ["id": "row\(index)"], try section(row, index))
    }
    var body = [HTML.element("h1", [:], title), .element("nav", [:], links)] + notes
    body.append(
      .element("section", ["id": "table"], [.element("h2", [:], "Table"), table, legend]))
    body += sections
    body += assessments.enumerated().map { index, assessment in
      let title = assessments.count == 1 ? "Assessment" : "Assessment \(index + 1)"
      return .element("section", ["id": "assessment\(index)"], assessment.html(title: title))
    }
    body.append(.element("section", ["id": "trust"], trust))
    return HTML.page(title: title, style: ReportStyle.sheet, script: ReportStyle.script, body)
  }

  private var table: HTML {
    let heads = [
      "row", "", "training", "test", "gain (95 %)", "fixed", "broken", "p", "p (Holm)",
      "trained on", "CPU time",
    ]
    let body = results.rows.flatMap { row in
      row.summary.enumerated().map { index, variant in
        let budget = row.runs.first?.variants.first { $0.id == variant.id }?.budget
        let cells = [
          index == 0 ? row.label : "", variant.name, variant.trainingText, variant.accuracy.text,
          variant.gainText, variant.fixedText, variant.brokenText, pText(variant.p),
          pText(variant.adjustedP), budget.map { $0.samples.formatted() } ?? "",
          cpuTime(row.name, variant.id),
        ]
        return HTML.element(
          "tr", ["class": variant.id == .enhanced ? "main" : ""],
          cells.map { .element("td", [:], $0) })
      }
    }
    let head = HTML.element("tr", [:], heads.map { .element("th", ["scope": "col"], $0) })
    let parts = [HTML.element("thead", [:], [head]), .element("tbody", [:], body)]
    return HTML.scrolling(
      .element("table", ["class": "names"], parts), label: "Accuracies of all rows")
  }

  private func cpuTime(_ row: String, _ variant: VariantID) -> String {
    times?.cpuSeconds(row: row, variant: variant).map { String(format: "%.0f s", $0) } ?? ""
  }

  private var legend: HTML {
    let seeds = results.experiment.seeds
    let spread = seeds == 1 ? "" : "Mean ± standard deviation of \(seeds) seeds. "
    return .element(
      "p", ["class": "note"],
      spread + "Gain: over the classifier alone (C0) on the same images, in points, with the "
        + "bootstrap's interval of 95 %. Fixed: wrong alone, right enhanced; broken: the reverse. "
        + "p: McNemar's exact test; Holm: adjusted for the number of rows. Trained on: images, in "
        + "all epochs of all models.")
  }

  private func section(_ row: ExperimentResults.Row, _ index: Int) throws -> [HTML] {
    let facts = row.data
    var parts: [HTML] = [
      .element("h2", [:], "Row \(row.name): \(row.title)"),
      .element(
        "p", ["class": "note"],
        "\(facts.training) training and \(facts.test) test images of \(facts.width)×"
          + "\(facts.height) pixels, \(facts.classes.count) classes"),
    ]
    if row.isContaminated {
      parts.append(
        .element(
          "p", ["class": "warning"],
          "Contaminated: the enhancer was trained on the test images, too. Its figures say nothing "
            + "about new images."))
    }
    let differences = row.summary.compactMap { variant in
      variant.gainEstimate.map {
        Chart.Difference(variant.name, $0, isMain: variant.id == .enhanced)
      }
    }
    if !differences.isEmpty {
      parts.append(
        HTML.figure(
          Chart.intervals(differences, label: "Gain of each variant, in points"),
          "Gain over what the variant is compared with, in points of accuracy"))
    }
    parts += row.suites()
    if let details = details[row.name] {
      parts += try ReportDetails(details, row, id: "row\(index)").html()
    }
    return parts
  }

  private var trust: [HTML] {
    let enhanced = results.rows.flatMap { row in
      row.summary.filter { $0.id == .enhanced }.map { (row, $0) }
    }
    let verdicts = enhanced.map { row, variant -> HTML in
      .element("li", [:], ReportText.verdict(of: row, variant))
    }
    return [
      .element("h2", [:], "What to trust, and what not"), .element("ul", [:], verdicts),
      .element(
        "p", [:],
        "A gain whose interval contains 0 is no gain that was shown. A gain that a control "
          + "reaches, too (a classifier trained for longer, a fixed filter, flipped copies), is "
          + "none of the enhancer's. Pictures of attention show where a class's evidence lies, not "
          + "why; the pictures below each row are spread over all that were fixed or broken, none "
          + "is chosen for its looks."),
    ]
  }
}

/// Sentences of a report.
enum ReportText {
  /// What a row's interval shows.
  static func verdict(
    of row: ExperimentResults.Row, _ variant: ExperimentResults.VariantSummary
  ) -> String {
    let start = "Row \(row.name): "
    if row.isContaminated { return start + "contaminated; its figures say nothing." }
    guard let gain = variant.gainEstimate else { return start + "nothing was compared." }
    let interval = String(format: "%+.1f to %+.1f points", 100 * gain.lower, 100 * gain.upper)
    let rivals = row.summary.filter { rival in
      guard case .control(let control) = rival.id, control.needsNoEnhancer else { return false }
      return (rival.gainEstimate?.value ?? -1) >= gain.value
    }
    let reached =
      rivals.isEmpty || gain.lower <= 0
      ? "" : "; reached without it by \(rivals.map(\.id.rawValue).joined(separator: ", "))"
    if gain.lower > 0 { return start + "the enhancer helps by \(interval)\(reached)." }
    if gain.upper < 0 { return start + "the enhancer does harm: \(interval)." }
    return start + "no difference was shown: \(interval)."
  }
}

/// Pictures that an enhancer fixed or broke, plain and enhanced, with what the classifier looked
/// at.
package struct Gallery {
  /// A picture with its predictions.
  struct Entry {
    let plain: Image
    let enhanced: Image
    /// Grad-CAM of the true class over either, on one scale.
    let attention: (plain: Image, enhanced: Image)
    let label: Int
    let before: (class: Int, confidence: Float)
    let after: (class: Int, confidence: Float)
  }

  let fixed: [Entry]
  let broken: [Entry]

  /// - Parameter limit: the largest number of pictures of each kind.
  package init(
    _ model: AssessedModel, _ dataset: Dataset, before: Predictions, after: Predictions, limit: Int
  ) throws {
    let explainer = try Explainer(
      model.classifier.inFloats, by: .activation(.gradCAM), batch: 1, model.pool)
    func entries(_ isChosen: (Int) -> Bool) throws -> [Entry] {
      let chosen = before.labels.indices.filter(isChosen)
      let count = min(limit, chosen.count)
      let indices = (0..<count).map { chosen[$0 * chosen.count / count] }
      let plain = indices.map(dataset.floats(at:))
      let enhanced = model.enhanced(plain) ?? plain
      return try indices.indices.map { place in
        let index = indices[place]
        return try Entry(
          explainer, (plain[place], enhanced[place]), dataset.width, dataset.height,
          label: before.labels[index], before: (before.classes[index], before.confidences[index]),
          after: (after.classes[index], after.confidences[index]))
      }
    }
    let isRight = { (predictions: Predictions, index: Int) in
      predictions.classes[index] == predictions.labels[index]
    }
    fixed = try entries { !isRight(before, $0) && isRight(after, $0) }
    broken = try entries { isRight(before, $0) && !isRight(after, $0) }
  }
}

extension Gallery.Entry {
  fileprivate init(
    _ explainer: Explainer, _ images: (plain: [Float], enhanced: [Float]), _ width: Int,
    _ height: Int, label: Int, before: (class: Int, confidence: Float),
    after: (class: Int, confidence: Float)
  ) throws {
    let shape = Shape(height: height, width: width, channels: 3)
    (plain, enhanced) = (Image(images.plain, shape), Image(images.enhanced, shape))
    let maps = (
      try explainer.explanation(of: images.plain, class: label).map,
      try explainer.explanation(of: images.enhanced, class: label).map
    )
    let largest = max(maps.0.values.max() ?? 0, maps.1.values.max() ?? 0, 1e-12)
    func colors(_ map: HeatMap) -> Image {
      map.resized(width: width, height: height).image(.turbo, range: 0...largest)
    }
    attention = (
      plain.blended(with: colors(maps.0), opacity: 0.5),
      enhanced.blended(with: colors(maps.1), opacity: 0.5)
    )
    (self.label, self.before, self.after) = (label, before, after)
  }
}

extension Image {
  /// For the source of an `img` element.
  var dataAddress: String {
    get throws { "data:image/png;base64," + Data(try encodedPNG()).base64EncodedString() }
  }
}
