// SPDX-License-Identifier: Apache-2.0
import Foundation
package import Reporting
import Statistics
import Text

/// A question that an assessment answers.
public enum AssessmentSection: String, CaseIterable, Codable, Sendable {
  case accuracy, calibration, faithfulness, sanity, attention, background, perturbation,
    adversarial, transfer, corruption

  /// What is asked.
  var question: String {
    switch self {
    case .accuracy: "Is the gain real, and for which classes?"
    case .calibration: "Is the classifier right as often as it says?"
    case .faithfulness: "Does the explanation show what the classifier uses?"
    case .sanity: "Does the explanation depend on what was learnt?"
    case .attention: "Does the classifier look at the object?"
    case .background: "Does it lean on the background?"
    case .perturbation: "What did the enhancer change?"
    case .adversarial: "Is the change special, and is it a shield?"
    case .transfer: "Does it help classifiers that it was not trained with?"
    case .corruption: "What is left on corrupted pictures?"
    }
  }
}

extension Assessment {
  /// A section's figures for people; nothing if it was not asked for.
  package func blocks(_ section: AssessmentSection) -> [FigureBlock] {
    let blocks: [FigureBlock]? =
      switch section {
      case .accuracy: accuracy?.blocks
      case .calibration: calibration?.blocks
      case .faithfulness: faithfulness?.blocks
      case .sanity: sanity?.blocks
      case .attention: attention?.flatMap(\.blocks)
      case .background: background?.blocks
      case .perturbation: perturbation?.blocks
      case .adversarial: adversarial?.blocks
      case .transfer: transfer?.blocks
      case .corruption: corruption?.blocks
      }
    return blocks ?? []
  }
}

extension Assessment {
  /// Charts of the figures, as SVG files.
  package var charts: [(section: AssessmentSection, name: String, svg: String)] {
    var charts: [(section: AssessmentSection, name: String, svg: String)] = []
    if let calibration {
      let panels =
        [("plain", calibration.plain)] + (calibration.enhanced.map { [("enhanced", $0)] } ?? [])
      charts.append((.calibration, "reliability.svg", ReliabilityDiagram(panels).svg))
    }
    if let perturbation {
      charts.append((.perturbation, "spectrum.svg", perturbation.spectrumChart.svg))
      charts.append((.perturbation, "budget.svg", perturbation.budgetChart.svg))
    }
    return charts
  }
}

extension PerturbationAssessment {
  fileprivate var spectrumChart: LineChart {
    func points(_ powers: [Double]) -> [(x: Double, y: Double)] {
      powers.enumerated().map { (Double($0), $1) }
    }
    return LineChart(
      "What the enhancer changed, by frequency", xLabel: "periods along the longer side",
      yLabel: "mean power", isLogarithmic: true,
      [
        .init("pictures", points(spectrum.radialOfImages)),
        .init("change", points(spectrum.radial)),
      ])
  }

  fileprivate var budgetChart: LineChart {
    LineChart(
      "Accuracy where pictures may change by ±ε", xLabel: "ε, levels of 255", yLabel: "accuracy, %",
      [
        .init(
          "enhanced", zip(Self.budgets, budget).map { (Double($0), 100 * $1.accuracy.value) },
          band: budget.map { (100 * $0.accuracy.lower, 100 * $0.accuracy.upper) })
      ])
  }
}

extension Assessment {
  /// All answered sections, each below its question.
  package func html(title: String) -> [HTML] {
    let charts = charts
    let sections = AssessmentSection.allCases.flatMap { section -> [HTML] in
      let blocks = blocks(section)
      guard !blocks.isEmpty else { return [] }
      let drawings = charts.filter { $0.section == section }.map {
        HTML.scrolling(.drawing($0.svg), label: $0.name)
      }
      return [.element("h3", [:], section.question)]
        + blocks.html(label: section.rawValue) + drawings
    }
    return [
      .element("h2", [:], title),
      .element("p", ["class": "note"], subject.text),
    ] + sections
  }
}

extension Assessment.Subject {
  fileprivate var name: String {
    let own = classifier.lastPathParts
    return enhancer.map { "\($0.lastPathParts) in front of \(own)" } ?? own
  }

  fileprivate var text: String {
    "Of \(name), on \(images) test images of \(data.lastPathParts)"
      + (degradation.map { ", degraded by \($0)" } ?? "") + "; slow sections on \(sample) of them. "
      + "Figures in brackets are intervals of 95 %."
      + (overlap.map { " \($0) test images are training images, too." } ?? "")
  }
}

extension Assessment.CalibrationPair {
  package var blocks: [FigureBlock] {
    var table = TextTable(["calibration", "ECE, %", "adaptive ECE, %", "Brier score", "log loss"])
    for (name, calibration) in [("plain", plain), ("enhanced", enhanced)] {
      guard let calibration else { continue }
      table.add([
        name, String(format: "%.2f", calibration.expectedError * 100),
        String(format: "%.2f", calibration.adaptiveError * 100),
        String(format: "%.4f", calibration.brierScore), String(format: "%.4f", calibration.logLoss),
      ])
    }
    return [.table(table)]
  }
}

extension String {
  /// The last two parts of a path: the file's name alone is often the same.
  var lastPathParts: String { split(separator: "/").suffix(2).joined(separator: "/") }
}
